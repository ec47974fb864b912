import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { RecordedFile } from './record-order.ts';

/**
 * Puts a recording and what is known of it into an archive as the rolling recorder publishes them, so that all that
 * follows is the same.
 *
 * @param destination file to write; it must not exist
 * @returns its length in bytes
 */
export async function packRecording(
  { memberName, facts }: RecordedFile,
  { file, destination, revision }: { file: string; destination: string; revision: string | null },
): Promise<number> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(destination, { flags: 'wx', mode: 0o600 }));
  if (facts !== null) {
    const { clock, comm, rateHz } = facts;
    const note = {
      version: 1,
      tool: 'perf',
      revision,
      rateHz,
      command: [],
      process: { pid: 0, comm },
      clock,
    };
    archive.entry({ name: 'recording.json' }, JSON.stringify(note));
  }
  const { size } = await stat(file);
  const entry = archive.entry({ name: memberName, size });
  await pipeline(createReadStream(file), entry);
  archive.finalize();
  await written;
  return (await stat(destination)).size;
}
