import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { limitsSchema } from '../../../storage/config.ts';
import { NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { findSnapshotBursts } from '../../../workers/snapshot/snapshot-bursts.ts';

/** Own recordings, as far as they are part of the project; the others lie beside it where they are at hand. */
const folders = [join('test', 'data', 'own'), join('..', 'shared', 'data', 'own')];
const locate = (name: string) =>
  folders.map((folder) => join(folder, `${name}.perf.txt.gz`)).find((path) => existsSync(path));
const workDirectory = mkdtempSync(join(tmpdir(), 'avalanche-bursts-'));
afterAll(() => rmSync(workDirectory, { recursive: true, force: true }));

/** Real programs that did something else for three seconds; the function as the recording and as we write it. */
const planted: [string, RegExp, string][] = [
  ['java-checkout', /recomputeDiscounts/, 'Checkout.recomputeDiscounts'],
  ['node26-orders', /fuzzySearch/, 'fuzzySearch'],
  ['c-matcher', /simulate_book/, 'simulate_book'],
  ['go-gateway-2events', /signTokens/, 'signTokens'],
  ['python313-scorer', /fraud_score/, 'fraud_score'],
];
const missing = planted.filter(([name]) => locate(name) === undefined);

describe.skipIf(missing.length > 0)(
  `bursts of real programs (${planted.length} recordings, ${missing.length} missing)`,
  () => {
    test.each(planted)('%s: finds the one, where and what it is', async (name, recorded, expected) => {
      const profile = await read(name);
      const times = timesOf(profile, recorded);
      const [burst, ...others] = findSnapshotBursts(profile, null);
      expect(others).toEqual([]);
      expect(Math.abs(burst!.fromMs - times[0]!)).toBeLessThan(500);
      expect(Math.abs(burst!.toMs - times.at(-1)!)).toBeLessThan(500);
      expect(burst!.functions.slice(0, 2).map((found) => found.function)).toContain(expected);
      expect(burst!.functions.every(({ share, shareElsewhere }) => share > shareElsewhere)).toBe(true);
    });

    test.each(planted)('%s: finds none without it', async (name) => {
      expect(findSnapshotBursts(cutOut(await read(name), 4000, 8000), null)).toEqual([]);
    });
  },
);

async function read(name: string): Promise<Profile> {
  return await ingestFile(locate(name)!, { limits: limitsSchema.parse({}), workDirectory });
}

/** When a function was on the stack, of the first event. */
function timesOf({ samples, stacks, frames }: Profile, name: RegExp): number[] {
  const holds = new Uint8Array(stacks.parent.length);
  for (let stack = 0; stack < holds.length; stack++) {
    const caller = stacks.parent[stack]!;
    const isHeld = caller !== NO_STACK && holds[caller] === 1;
    holds[stack] = isHeld || name.test(frames.name[stacks.frame[stack]!]!) ? 1 : 0;
  }
  return [...samples.timeMs].filter((_, row) => samples.event[row] === 0 && holds[samples.stack[row]!] === 1);
}

/** The recording as if those seconds had not been: what came later comes sooner. */
function cutOut(profile: Profile, fromMs: number, toMs: number): Profile {
  const { samples } = profile;
  const kept = [...samples.timeMs.keys()].filter(
    (row) => samples.timeMs[row]! < fromMs || samples.timeMs[row]! >= toMs,
  );
  const pick = <Values extends Float64Array | Int32Array | Uint32Array | Uint16Array>(values: Values) =>
    values.filter((_, row) => samples.timeMs[row]! < fromMs || samples.timeMs[row]! >= toMs) as Values;
  const timeMs = Float64Array.from(kept, (row) => {
    const at = samples.timeMs[row]!;
    return at < fromMs ? at : at - (toMs - fromMs);
  });
  return {
    ...profile,
    recording: { ...profile.recording, durationMs: timeMs.at(-1) ?? 0 },
    samples: {
      timeMs,
      thread: pick(samples.thread),
      stack: pick(samples.stack),
      event: pick(samples.event),
      count: pick(samples.count),
      weight: pick(samples.weight),
    },
  };
}
