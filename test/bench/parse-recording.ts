// A process of its own: reads FILE into a profile TIMES times, and prints what the last time gave and took.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits } from '../../storage/default-limits.ts';
import { ingestFile } from '../../workers/snapshot/ingest/ingest-file.ts';

const [file = '', times = '1'] = process.argv.slice(2);
const workDirectory = await mkdtemp(join(tmpdir(), 'avalanche-bench-'));
try {
  for (let time = 1; time <= Number(times); time++) {
    const before = process.cpuUsage();
    const profile = await ingestFile(file, { limits: defaultLimits, workDirectory });
    const userMs = process.cpuUsage(before).user / 1e3;
    if (time < Number(times)) continue;
    const { event, weight } = profile.samples;
    const total = weight.reduce((sum, value, row) => (event[row] === 0 ? sum + value : sum), 0);
    console.log(JSON.stringify({ userMs, total }));
  }
} finally {
  await rm(workDirectory, { recursive: true, force: true });
}
