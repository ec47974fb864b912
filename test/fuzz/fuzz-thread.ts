import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { defaultLimits } from '../../storage/default-limits.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { ingestFile } from '../../workers/snapshot/ingest/ingest-file.ts';
import { findFault } from '../support/find-fault.ts';
import type { FromFuzzThread, FuzzTask } from './fuzz-messages.ts';
import { makeInput } from './make-input.ts';
import { readRecordings } from './recordings.ts';

// The other end of fuzz.ts: a thread, so that what hangs or takes all memory can be ended and named.

const task = workerData as FuzzTask;
const folder = mkdtempSync(join(tmpdir(), 'avalanche-fuzz-'));
const recordings = readRecordings(task.format);
const send = (message: FromFuzzThread) => parentPort!.postMessage(message);

try {
  for (let number = task.first; number < task.end; number++) {
    send({ kind: 'begin', number });
    send({ kind: 'end', number, ...(await read(makeInput(recordings, task.seed, number))) });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function read(input: Buffer): Promise<{ fault: string | null; isProfile: boolean }> {
  const path = join(folder, 'input');
  writeFileSync(path, input);
  try {
    const profile = await ingestFile(path, { limits: defaultLimits, workDirectory: folder });
    return { fault: findFault(profile), isProfile: true };
  } catch (error) {
    const isForPeople = error instanceof AvalancheError && error.code !== 'INTERNAL';
    return { fault: isForPeople ? null : String((error as Error).stack), isProfile: false };
  }
}
