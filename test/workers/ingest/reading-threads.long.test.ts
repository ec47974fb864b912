import { mkdirSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openReadingThreads } from '../../../workers/snapshot/ingest/reading-threads.ts';
import { limits, ownPath, workDirectory, writeRecording } from './recordings.ts';

const readingMemoryBytes = 64 * 1024 ** 2;
const refusalLimitMs = 120_000;

function toMember(path: string) {
  return { name: 'recording', path, bytes: statSync(path).size };
}

test(
  'a thread that takes too much memory dies alone: its recording is refused, and the next one is read',
  async () => {
    mkdirSync(workDirectory, { recursive: true });
    const reading = openReadingThreads();
    const options = { limits: { ...limits, readingMemoryBytes }, workDirectory };
    const nodes = Array.from({ length: 300_000 }, (_, id) => ({ id, callFrame: { functionName: `f${id}` } }));
    const huge = writeRecording(JSON.stringify({ nodes, startTime: 0, endTime: 1, samples: [0] }));
    const small = toMember(ownPath('java-checkout.perf.txt.gz'));
    const [refused, read] = await Promise.allSettled([
      reading.ingestFiles([toMember(huge)], options),
      reading.ingestFiles([small], options),
    ]);
    expect(refused).toMatchObject({
      reason: {
        code: 'RECORDING_TOO_LARGE',
        message: `Cannot read the archive: it takes more than ${readingMemoryBytes} bytes of memory (set by limits.readingMemoryBytes)`,
      },
    });
    expect(read.status).toBe('fulfilled');
    expect((await reading.ingestFiles([small], options)).samples.timeMs.length).toBeGreaterThan(0);
  },
  refusalLimitMs,
);
