import type { Thread } from '../../storage/profile/profile.ts';
import type { Question, TimelineAnswer } from '../exploration.ts';
import { findTaken } from './answer-heatmap.ts';
import type { LoadedRecording } from './loaded-recording.ts';

const binCount = 240;
const mostLanes = 60;

type Lane = TimelineAnswer['lanes'][number];

/** How busy each command, thread or pod was over the whole recording. */
export function answerTimeline(
  recording: LoadedRecording,
  question: Extract<Question, { ask: 'timeline' }>,
): TimelineAnswer {
  const { samples, threads, recording: facts } = recording.profile;
  if (!facts.hasTimes || facts.durationMs <= 0) return { binMs: 0, lanes: [], laneCount: 0 };
  const binMs = facts.durationMs / binCount;
  const lanes = new Map<string, Lane>();
  const laneOfThread = threads.map((thread) => {
    const { name, ...lane } = describeLane(thread, question.by);
    const known = lanes.get(name) ?? {
      name,
      ...lane,
      sampleCount: 0,
      counts: new Array<number>(binCount).fill(0),
    };
    lanes.set(name, known);
    return known;
  });
  const takes = findTaken(recording, question);
  for (let row = 0; row < takes.length; row++) {
    if (takes[row] === 0) continue;
    const lane = laneOfThread[samples.thread[row]!]!;
    const count = samples.count[row]!;
    lane.sampleCount += count;
    lane.counts[Math.min(binCount - 1, Math.floor(samples.timeMs[row]! / binMs))]! += count;
  }
  const busy = [...lanes.values()].filter(({ sampleCount }) => sampleCount > 0);
  busy.sort((a, b) => b.sampleCount - a.sampleCount);
  return { binMs, lanes: busy.slice(0, mostLanes), laneCount: busy.length };
}

function describeLane(
  { comm, tid, pod }: Thread,
  by: Extract<Question, { ask: 'timeline' }>['by'],
): Pick<Lane, 'name' | 'comm' | 'tid' | 'pod'> {
  switch (by) {
    case 'comm':
      return { name: comm === '' ? '(no name)' : comm, comm, tid: null, pod: '' };
    case 'pod':
      return { name: pod === '' ? '(no pod)' : pod, comm: '', tid: null, pod };
    case 'thread':
      return {
        name: [pod, comm, tid < 0 ? '' : String(tid)].filter((part) => part !== '').join(' '),
        comm,
        tid,
        pod,
      };
    default:
      return by satisfies never;
  }
}
