import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';
import { parseFrameLine, parseTimedHeader, parseUntimedHeader } from './perf-script-lines.ts';
import { PerfScriptParser } from './perf-script-parser.ts';
import { PerfScriptProfile } from './perf-script-profile.ts';

export const perfScript: RecordingFormat = {
  name: 'perf script text',
  profileFormat: 'perf-script',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const profile = new PerfScriptProfile(recording.name, context);
    const { limits, maps } = context;
    const parser = new PerfScriptParser(profile, { name: recording.name, limits, maps, keepsNames: true });
    recording.reuseChunks?.();
    for await (const chunk of recording.chunks) parser.push(chunk);
    parser.end();
    return profile.end();
  },
};

/** One header with a time is proof enough; one without needs the stack below it. Messages may come first. */
function sniff(beginning: Buffer, isWhole: boolean): Sniff {
  const lines = beginning.toString('latin1').split(/\r?\n/);
  if (!isWhole) lines.pop();
  let isBelowHeader = false;
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    if (parseTimedHeader(line) !== null) return 'yes';
    if (isBelowHeader && parseFrameLine(line) !== null) return 'yes';
    isBelowHeader = parseUntimedHeader(line) !== null;
  }
  if (!isWhole) return 'need-more';
  // The comment block of `perf script --header`, and no event at all.
  return lines.some((line) => line.startsWith('# captured on')) ? 'yes' : 'no';
}
