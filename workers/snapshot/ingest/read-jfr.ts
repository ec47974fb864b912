import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import type { OpenRecording, ReadContext } from './format.ts';
import { readChunks } from './jfr/chunk.ts';
import { ChunkReader } from './jfr/chunk-reader.ts';
import { JfrFacts } from './jfr/facts.ts';
import { JfrSamples } from './jfr/samples.ts';

/** As `jfr.read`. */
export async function readJfr(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
  const { builder, facts: noted, signal } = context;
  const facts = new JfrFacts(builder);
  const samples = new JfrSamples();
  for await (const chunk of readChunks(recording, context.limits)) {
    signal?.throwIfAborted();
    new ChunkReader(chunk, context).read(facts, samples);
  }
  // JFR has wall time. A note beside it puts all recordings of the archive on the monotonic clock.
  const shiftMs = noted === null ? 0 : noted.clock.monotonicMs - noted.clock.wallMs;
  const firstMs = samples.moveTo(context, facts.pid, shiftMs);
  if (noted === null) describeRecording(builder, facts.describe(samples.firstEvent), firstMs);
  return firstMs;
}

/** Several recordings of one archive: it began with the earliest. */
function describeRecording(
  builder: ProfileBuilder,
  facts: ReturnType<JfrFacts['describe']>,
  firstMs: Milliseconds,
): void {
  builder.setRecording(facts);
  if (Number.isNaN(firstMs)) return;
  builder.setRecording({ startedAtMs: Math.min(firstMs, builder.startedAtMs ?? firstMs) });
}
