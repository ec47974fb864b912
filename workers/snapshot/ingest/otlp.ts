import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';

/** Profiles as OpenTelemetry sends them: `ProfilesData` of opentelemetry.proto.profiles.v1development, in protobuf. */
export const otlp: RecordingFormat = {
  name: 'OTLP profiles',
  profileFormat: 'otlp',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const { readOtlp } = await import('./read-otlp.ts');
    return await readOtlp(recording, context);
  },
};

/** Fields 1 and 2, messages: profiles of a resource, and the dictionary. */
const tags: ReadonlySet<number> = new Set([0x0a, 0x12]);

async function sniff(beginning: Buffer, isWhole: boolean): Promise<Sniff> {
  if (beginning.length === 0) return isWhole ? 'no' : 'need-more';
  if (!tags.has(beginning[0]!)) return 'no';
  const { sniffOtlp } = await import('./otlp-message.ts');
  return sniffOtlp(beginning);
}
