import { describeFrame } from '../../../storage/profile/frame-interner.ts';
import type { EventType, Profile, Selection } from '../../../storage/profile/profile.ts';
import { type ProfileExport, StackTexts, selectRows, walkStack } from './export.ts';

/**
 * One sampled profile for each event and thread, the first event's first.
 *
 * speedscope has no place for times of samples, modules, kinds and counts: they stand under `avalanche`, which
 * it passes over, so that nothing is lost on the way back.
 *
 * @see https://www.speedscope.app/file-format-schema.json
 */
export const speedscopeExport: ProfileExport = {
  name: 'speedscope',
  *write(profile, selection) {
    const frames = profile.frames.name.map((_, row) => JSON.stringify(toFrame(profile, row)));
    yield '{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"avalanche",';
    yield `"activeProfileIndex":0,"shared":{"frames":[${frames.join(',\n')}]},"profiles":[`;
    const stacks = new StackTexts((stack) => `[${[...walkStack(profile, stack)].reverse().join(',')}]`);
    let separator = '\n';
    for (const group of groupRows(profile, selection)) {
      yield separator;
      yield* writeProfile(profile, group, stacks);
      separator = ',\n';
    }
    yield '\n]}\n';
  },
};

type Group = { event: number; thread: number; rows: number[] };

function groupRows(profile: Profile, selection: Selection): Group[] {
  const { samples, threads } = profile;
  const groups = new Map<number, Group>();
  for (const row of selectRows(profile, selection)) {
    const event = samples.event[row]!;
    const thread = samples.thread[row]!;
    const key = event * threads.length + thread;
    const group = groups.get(key) ?? { event, thread, rows: [] };
    if (group.rows.push(row) === 1) groups.set(key, group);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function toFrame(profile: Profile, row: number) {
  const { name, module, kind, file, line } = describeFrame(profile.frames, row);
  // Frames of one name and file are one to speedscope.
  const shown = file === '' ? module : file;
  return {
    name,
    ...(shown === '' ? {} : { file: shown }),
    ...(line === 0 ? {} : { line }),
    avalanche: { module, kind, file },
  };
}

function* writeProfile(
  profile: Profile,
  { event, thread, rows }: Group,
  stacks: StackTexts,
): Generator<string> {
  const { samples, recording } = profile;
  const type = profile.events[event]!;
  const column = (values: Float64Array) => JSON.stringify(rows.map((row) => values[row]));
  const unit = toUnit(type);
  const startValue = timeUnitMs[unit] === undefined ? 0 : samples.timeMs[rows[0]!]! / timeUnitMs[unit];
  const endValue = rows.reduce((sum, row) => sum + samples.weight[row]!, startValue);
  const isCounted = rows.some((row) => samples.count[row] !== 1);
  const head = JSON.stringify({
    type: 'sampled',
    name: nameGroup(profile, event, thread),
    unit,
    startValue,
    endValue,
  });
  yield `${head.slice(0, -1)},"samples":[`;
  for (let index = 0; index < rows.length; index += rowsPerPiece) {
    const part = rows.slice(index, index + rowsPerPiece);
    const texts = part.map((row) => stacks.find(samples.stack[row]!));
    yield `${index === 0 ? '' : ','}${texts.join(',')}`;
  }
  yield `],"weights":${column(samples.weight)},"avalanche":{`;
  yield `"thread":${JSON.stringify(profile.threads[thread])},"event":${JSON.stringify(type)}`;
  if (recording.hasTimes) yield `,"timesMs":${column(samples.timeMs)}`;
  if (isCounted) yield `,"counts":${column(samples.count)}`;
  yield '}}';
}

const rowsPerPiece = 1_000;

const timeUnitMs: Readonly<Record<string, number>> = {
  nanoseconds: 1e-6,
  microseconds: 1e-3,
  milliseconds: 1,
  seconds: 1e3,
};

/** Units that speedscope does not know are its `none`. */
function toUnit({ unit }: EventType): string {
  return unit in timeUnitMs || unit === 'bytes' ? unit : 'none';
}

/** `pod-1 worker tid 12 (cycles)`: as much of it as there is, or as tells it from the others. */
function nameGroup({ threads, events }: Profile, event: number, thread: number): string {
  const { pod, tid, comm } = threads[thread]!;
  const parts = [pod, comm, tid === -1 ? '' : `tid ${tid}`].filter((part) => part !== '');
  const name = parts.length === 0 ? 'all' : parts.join(' ');
  return events.length === 1 ? name : `${name} (${events[event]!.name})`;
}
