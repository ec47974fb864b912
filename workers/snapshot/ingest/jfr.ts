import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';
import { chunkMagic } from './jfr/chunk-magic.ts';

/**
 * Java Flight Recorder, version 2: what the JDK (11 and later) and async-profiler write. A recording is chunks,
 * each of which explains itself: its metadata lays out every event, its constant pools hold what events refer to.
 *
 *     header │ events ... │ pools │ events ... │ metadata │ pools
 *       └───────────────────────────────────────▶└─────────▶
 */
export const jfr: RecordingFormat = {
  name: 'JFR',
  profileFormat: 'jfr',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const { readJfr } = await import('./read-jfr.ts');
    return await readJfr(recording, context);
  },
};

function sniff(beginning: Buffer): Sniff {
  const first = beginning.toString('latin1', 0, chunkMagic.length);
  if (first === chunkMagic) return 'yes';
  return chunkMagic.startsWith(first) ? 'need-more' : 'no';
}
