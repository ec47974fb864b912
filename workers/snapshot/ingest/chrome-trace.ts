import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';

/**
 * Trace events as Chrome, Node, React Native and many build tools write them, as an array or in an object.
 * Three things in them are profiles: V8's (`Profile`, `ProfileChunk`, `CpuProfile`), samples with
 * `stackFrames`, and functions that begin and end (`B`, `E`, `X`).
 *
 * @see "Trace Event Format", docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export const chromeTrace: RecordingFormat = {
  name: 'Chrome trace',
  profileFormat: 'chrome-trace',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const { readChromeTrace } = await import('./read-chrome-trace.ts');
    return await readChromeTrace(recording, context);
  },
};

const arrayForm = /^\s*\[\s*\{/;
const phaseKey = /"ph"\s*:\s*"[A-Za-z]"/;
const eventsKey = /"traceEvents"\s*:\s*\[/;

function sniff(beginning: Buffer, isWhole: boolean): Sniff {
  const text = beginning.toString('latin1');
  if (text.trim() === '') return isWhole ? 'no' : 'need-more';
  const isArray = arrayForm.test(text);
  if (!isArray && !/^\s*[{[]/.test(text)) return 'no';
  if (isArray ? phaseKey.test(text) : eventsKey.test(text)) return 'yes';
  return isWhole ? 'no' : 'need-more';
}
