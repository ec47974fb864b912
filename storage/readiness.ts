import { setTimeout as delay } from 'node:timers/promises';
import { AvalancheError } from './errors.ts';
import { redactSecrets } from './secrets.ts';

/** Null when all is well, else what is missing, as a sentence without a final stop. */
export type Probe = () => Promise<string | null> | string | null;

type ReadinessReport = { ready: boolean; missing: { what: string; why: string }[] };

/** An orchestrator waits a second or two for its answer. */
const probeMs = 2_000;

/** What a process needs to do its work, by name. Everything is asked anew, but never twice at the same time. */
export class Readiness {
  readonly #probes = new Map<string, Probe>();
  #reading: Promise<ReadinessReport> | null = null;

  add(what: string, probe: Probe): void {
    this.#probes.set(what, probe);
  }

  read(): Promise<ReadinessReport> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #readAll(): Promise<ReadinessReport> {
    const answers = await Promise.all(
      [...this.#probes].map(async ([what, probe]) => ({ what, why: await ask(probe) })),
    );
    const missing = answers.flatMap(({ what, why }) => (why === null ? [] : [{ what, why }]));
    return { ready: missing.length === 0, missing };
  }
}

async function ask(probe: Probe): Promise<string | null> {
  const timer = new AbortController();
  const late = delay(probeMs, `no answer within ${probeMs / 1_000} s`, { signal: timer.signal });
  late.catch(() => {});
  try {
    return await Promise.race([probe(), late]);
  } catch (error) {
    // Words of ours name hosts, never passwords; those of others may hold anything.
    return error instanceof AvalancheError ? redactSecrets(error.message) : 'it failed';
  } finally {
    timer.abort();
  }
}
