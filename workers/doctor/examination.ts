import type { Logger } from 'pino';
import { toAvalancheError } from '../../storage/errors.ts';
import type { DoctorStep } from '../jobs.ts';
import { broken, brokenBy, type Finding } from './finding.ts';

/** Of one step. Servers that are well answer within a second; what takes longer is said. */
const usualLimitMs = 30_000;

/**
 * The steps of one examination, in the order of the way of a snapshot. All are planned before the first is looked at,
 * so that whoever watches sees what is still to come. A step that is broken or takes too long is an outcome.
 */
export class Examination {
  readonly #steps: DoctorStep[] = [];
  readonly #signal: AbortSignal;
  readonly #log: Logger;
  readonly #onChange: () => void;

  /** @param onChange told whenever a step stands otherwise than before */
  constructor({ signal, log, onChange }: { signal: AbortSignal; log: Logger; onChange: () => void }) {
    this.#signal = signal;
    this.#log = log;
    this.#onChange = onChange;
  }

  get steps(): readonly DoctorStep[] {
    return this.#steps;
  }

  plan(name: string): DoctorStep {
    const step: DoctorStep = { name, state: 'waiting', found: null, cure: null };
    this.#steps.push(step);
    return step;
  }

  /**
   * @param look is not waited for any longer once its signal is aborted
   * @returns what the steps behind it need; undefined when it is broken
   * @throws only when the examination itself is to end: the signal's reason
   */
  async look<Value>(
    step: DoctorStep,
    look: (signal: AbortSignal) => Promise<Finding<Value>>,
    limitMs = usualLimitMs,
  ): Promise<Value | undefined> {
    this.#set(step, { state: 'looking' });
    const finding = await this.#find(step, look, limitMs);
    const { state, found, cure, value } = finding;
    this.#set(step, { state, found, cure });
    return value;
  }

  /** @param reason one sentence without a stop */
  leave(step: DoctorStep, reason: string): void {
    this.#set(step, { state: 'not tried', found: reason, cure: null });
  }

  /** What is broken there keeps no snapshot from being taken, since another way is open. */
  excuse(step: DoctorStep, state: 'doubtful' | 'not needed'): void {
    if (step.state === 'broken') this.#set(step, { state });
  }

  async #find<Value>(
    step: DoctorStep,
    look: (signal: AbortSignal) => Promise<Finding<Value>>,
    limitMs: number,
  ): Promise<Finding<Value>> {
    const limit = AbortSignal.timeout(limitMs);
    const either = AbortSignal.any([this.#signal, limit]);
    try {
      return await Promise.race([look(either), rejectionOf(either)]);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (limit.aborted) {
        const cure = 'Look at its load, and at the network between it and the workers.';
        return broken(`it was not done within ${limitMs / 1_000} s`, cure);
      }
      if (toAvalancheError(error).code === 'INTERNAL')
        this.#log.error({ err: error, step: step.name }, 'A step of the examination failed');
      return brokenBy(error);
    }
  }

  #set(step: DoctorStep, change: Partial<DoctorStep>): void {
    Object.assign(step, change);
    this.#onChange();
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
