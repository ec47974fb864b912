import { parentPort } from 'node:worker_threads';
import { carryError } from '../../../storage/carried-error.ts';
import type { Profile } from '../../../storage/profile/profile.ts';
import { ingestFiles } from './ingest-files.ts';
import type { FromReadingThread, ToReadingThread } from './reading-messages.ts';

// The other end of reading-threads.ts.

let cancelled = new AbortController();

parentPort!.on('message', async (message: ToReadingThread) => {
  if (message.kind === 'cancel') {
    cancelled.abort();
    return;
  }
  cancelled = new AbortController();
  const answer = await read(message, cancelled.signal);
  parentPort!.postMessage(answer, 'profile' in answer ? listColumns(answer.profile) : []);
});

async function read(
  { files, options }: Extract<ToReadingThread, { kind: 'read' }>,
  signal: AbortSignal,
): Promise<FromReadingThread> {
  try {
    return { profile: await ingestFiles(files, { ...options, signal }) };
  } catch (thrown) {
    return { error: carryError(thrown) };
  }
}

/** Columns are handed over, not copied; only texts are. */
function listColumns({ samples, stacks, frames }: Profile): ArrayBuffer[] {
  const columns = [...Object.values(samples), ...Object.values(stacks), frames.kind, frames.line];
  return columns.map(({ buffer }) => buffer as ArrayBuffer);
}
