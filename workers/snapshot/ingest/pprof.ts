import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';

/** pprof's protobuf, as Go, parca, pyroscope and many runtimes write it. Rows come summed and carry no times. */
export const pprof: RecordingFormat = {
  name: 'pprof',
  profileFormat: 'pprof',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const { readPprof } = await import('./read-pprof.ts');
    return await readPprof(recording, context);
  },
};

/** Field 1, a message. Only numbers come before it, in fields whose tags have no wire type (0). */
const sampleTypeTag = 0x0a;
const wireTypeBits = 0b111;

async function sniff(beginning: Buffer, isWhole: boolean): Promise<Sniff> {
  if (beginning.length === 0) return isWhole ? 'no' : 'need-more';
  const tag = beginning[0]!;
  if (tag !== sampleTypeTag && (tag & wireTypeBits) !== 0) return 'no';
  const { sniffPprof } = await import('./read-pprof.ts');
  return sniffPprof(beginning);
}
