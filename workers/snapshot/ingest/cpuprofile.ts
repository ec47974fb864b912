import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';

/**
 * V8's sampling profiler: `node --cpu-prof`, Chrome, the inspector. Two forms:
 *
 *     { nodes: [{ id, callFrame, children }], startTime, endTime, samples, timeDeltas }     since 2016
 *     { head: { functionName, url, lineNumber, children: [...] }, samples, timestamps }     before
 *
 * `samples[i]` is a node's id; times are microseconds on the process's monotonic clock.
 */
export const cpuprofile: RecordingFormat = {
  name: '.cpuprofile',
  profileFormat: 'cpuprofile',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const { readCpuProfileFile } = await import('./read-cpuprofile.ts');
    return await readCpuProfileFile(recording, context);
  },
};

/** Keys of its outermost object: a Chrome trace has such profiles deeper inside. */
const firstKey =
  /^\s*\{\s*"(?:nodes|head|samples|timeDeltas|timestamps|startTime|endTime|title|typeId|uid)"\s*:/;
const nodeKey = /"functionName"\s*:/;

function sniff(beginning: Buffer, isWhole: boolean): Sniff {
  const text = beginning.toString('latin1');
  if (!/^\s*\{/.test(text)) return text.trim() === '' && !isWhole ? 'need-more' : 'no';
  if (!firstKey.test(text)) return text.length < 64 && !isWhole ? 'need-more' : 'no';
  if (nodeKey.test(text)) return 'yes';
  return isWhole ? 'no' : 'need-more';
}
