import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';

/** The JSON of speedscope.app, also written by py-spy, rbspy, pyroscope and by `avalanche convert`. */
export const speedscope: RecordingFormat = {
  name: 'speedscope JSON',
  profileFormat: 'speedscope',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const { readSpeedscope } = await import('./read-speedscope.ts');
    return await readSpeedscope(recording, context);
  },
};

const schemaKey = /"\$schema"\s*:\s*"https?:\/\/(?:www\.)?speedscope\.app\//;
const firstKeys = /^\s*\{\s*"(?:\$schema|shared|profiles|name|activeProfileIndex|exporter|version)"\s*:/;

function sniff(beginning: Buffer, isWhole: boolean): Sniff {
  const text = beginning.toString('latin1');
  if (!/^\s*\{/.test(text)) return text.trim() === '' && !isWhole ? 'need-more' : 'no';
  if (!firstKeys.test(text)) return text.length < 64 && !isWhole ? 'need-more' : 'no';
  if (schemaKey.test(text)) return 'yes';
  return isWhole ? 'no' : 'need-more';
}
