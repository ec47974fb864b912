import { countOffsets, longestHeatmapMs } from '../../storage/profile/heatmap.ts';
import { NO_STACK } from '../../storage/profile/profile.ts';
import { selectSamples } from '../../storage/profile/selection.ts';
import type { ExploredPart, HeatmapAnswer, Question } from '../exploration.ts';
import { findIdleSamples } from '../suspect/idle.ts';
import type { LoadedRecording } from './loaded-recording.ts';
import { toSelection } from './part.ts';
import { searchFrames } from './search-frames.ts';

/** A row is 20 ms, as in the picture; in a long recording there are fewer, so that an answer stays small. */
const finestRows = 50;
const mostCells = 200_000;

/** When the samples of a part were taken, whatever its time range; with a search, those that have a match. */
export function answerHeatmap(
  recording: LoadedRecording,
  question: Extract<Question, { ask: 'heatmap' }>,
): HeatmapAnswer {
  const { profile } = recording;
  const { durationMs, hasTimes } = profile.recording;
  const seconds = Math.ceil(durationMs / 1000) + 1;
  const rows = Math.max(1, Math.min(finestRows, Math.floor(mostCells / seconds)));
  if (!hasTimes || durationMs > longestHeatmapMs) return { rows, counts: [] };
  const takes = findTaken(recording, question);
  return {
    rows,
    counts: Array.from(countOffsets(profile.samples.timeMs, rows, (sample) => takes[sample] === 1)),
  };
}

/** 1 for each sample that counts; none of an idle CPU, as in the picture. */
export function findTaken(
  recording: LoadedRecording,
  { part: { fromMs, toMs, ...part }, search }: { part: ExploredPart; search: string },
): Uint8Array {
  const { profile } = recording;
  const found = searchFrames(recording, search);
  const { stack } = profile.samples;
  const isIdle = findIdleSamples(profile);
  const takes = new Uint8Array(stack.length);
  for (const row of selectSamples(profile, toSelection(part))) {
    if (found !== null && (stack[row] === NO_STACK || found.stacks[stack[row]!] === 0)) continue;
    if (!isIdle(row)) takes[row] = 1;
  }
  return takes;
}
