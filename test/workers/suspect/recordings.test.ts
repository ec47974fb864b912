import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { limitsSchema } from '../../../storage/config.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';
import { findSuspects } from '../../../workers/suspect/find-suspects.ts';
import { nameFrames } from '../../../workers/suspect/frames/name-frames.ts';

/** Own recordings, as far as they are part of the project; the others lie beside it where they are at hand. */
const folders = [join('test', 'data', 'own'), join('..', 'shared', 'data', 'own')];
const locate = (name: string) => folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
const workDirectory = mkdtempSync(join(tmpdir(), 'avalanche-suspects-'));
afterAll(() => rmSync(workDirectory, { recursive: true, force: true }));

async function read(name: string): Promise<Profile> {
  return await ingestFile(locate(name)!, { limits: limitsSchema.parse({}), workDirectory });
}

/** Everything but the burst. */
function without(profile: Profile, fromMs: number, toMs: number): Profile {
  const { timeMs, count } = profile.samples;
  const kept = count.map((value, row) => (timeMs[row]! >= fromMs && timeMs[row]! < toMs ? 0 : value));
  return { ...profile, samples: { ...profile.samples, count: kept } };
}

/** Recordings with a burst of known cause between seconds 4 and 7; the rest of each is the baseline. */
const bursts: [string, string[], string][] = [
  ['java-checkout', ['Checkout.recomputeDiscounts'], 'high'],
  ['node26-orders', ['fuzzySearch'], 'likely'],
  ['c-matcher', ['simulate_book'], 'high'],
  ['go-gateway-2events', ['signTokens'], 'high'],
  // The burst is fraud_score, whose whole time is in the helper that only it calls.
  ['python313-scorer', ['mandelbrot_row', 'fraud_score'], 'high'],
];

const missing = bursts.filter(([name]) => locate(`${name}.perf.txt.gz`) === undefined);

describe.skipIf(missing.length > 0)(
  `recorded bursts (${bursts.length} recordings, ${missing.length} missing)`,
  () => {
    test.each(bursts)('%s: names %j and nothing else', async (name, expected, confidence) => {
      const profile = await read(`${name}.perf.txt.gz`);
      const selection = { fromMs: 4000, toMs: 7000 };
      const { suspects } = await findSuspects({
        profile,
        selection,
        baseline: without(profile, 4000, 7000),
        application: null,
        revision: null,
        codeSearch: null,
      });
      expect(suspects.map((suspect) => suspect.function)).toEqual(expected);
      expect(suspects[0]?.confidence).toBe(confidence);
    });

    test.each(bursts)('%s: the two halves of its quiet part do not accuse anybody for sure', async (name) => {
      const quiet = without(await read(`${name}.perf.txt.gz`), 3000, 8000);
      const middleMs = 12_000;
      const { suspects } = await findSuspects({
        profile: quiet,
        selection: { fromMs: middleMs },
        baseline: without(quiet, middleMs, Number.POSITIVE_INFINITY),
        application: null,
        revision: null,
        codeSearch: null,
      });
      expect(
        suspects.filter(({ confidence }) => confidence === 'high').map((suspect) => suspect.function),
      ).toEqual([]);
    });

    test('every frame of every recording is taken apart', async () => {
      for (const [name] of bursts) {
        const { profile, anatomy } = nameFrames(await read(`${name}.perf.txt.gz`), null);
        expect(anatomy).toHaveLength(profile.frames.name.length);
        for (const frame of anatomy) expect(frame.name).not.toBe('');
      }
    });
  },
);
