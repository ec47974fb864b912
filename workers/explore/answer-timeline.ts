import { countLanes } from '../../storage/profile/lanes.ts';
import type { Question, TimelineAnswer } from '../exploration.ts';
import { findTaken } from './answer-heatmap.ts';
import type { LoadedRecording } from './loaded-recording.ts';

const binCount = 240;
const mostLanes = 60;

/** How busy each command, thread or pod was over the whole recording. */
export function answerTimeline(
  recording: LoadedRecording,
  question: Extract<Question, { ask: 'timeline' }>,
): TimelineAnswer {
  const { profile } = recording;
  const taken = findTaken(recording, question);
  const { binMs, lanes } = countLanes(profile, {
    by: question.by,
    binCount,
    takes: (sample) => taken[sample] === 1,
  });
  return {
    binMs,
    lanes: lanes.slice(0, mostLanes).map((lane) => ({ ...lane, counts: [...lane.counts] })),
    laneCount: lanes.length,
  };
}
