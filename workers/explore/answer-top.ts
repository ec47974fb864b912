import { sumSamples } from '../../storage/profile/selection.ts';
import { buildTopTable } from '../../storage/profile/top-table.ts';
import type { Question, TopAnswer } from '../exploration.ts';
import type { LoadedRecording } from './loaded-recording.ts';
import { toSelection } from './part.ts';
import { searchFrames } from './search-frames.ts';

/** More than anybody reads. */
export const mostTopRows = 1000;

/** Functions of a part by self value. */
export function answerTop(
  recording: LoadedRecording,
  rankOf: (name: string) => number,
  question: Extract<Question, { ask: 'top' }>,
): TopAnswer {
  const { profile, anatomy } = recording;
  const found = searchFrames(recording, question.search);
  const selection = toSelection(question.part);
  const table = buildTopTable(profile, selection);
  const sampleCount = sumSamples(profile, selection);
  const shown = table.filter(({ frame }) => found === null || found.frames[frame] === 1);
  return {
    sampleCount,
    functionCount: shown.length,
    rows: shown.slice(0, mostTopRows).map(({ frame, self, total }) => {
      const { name, file, line, category } = anatomy[frame]!;
      return {
        name,
        file: file !== '' && line > 0 ? `${file}:${line}` : file,
        category,
        mark: rankOf(name),
        self: self / Math.max(1, sampleCount),
        total: total / Math.max(1, sampleCount),
        baselineSelf: null,
        baselineTotal: null,
        isAboveNoise: true,
      };
    }),
  };
}
