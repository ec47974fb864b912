import { AvalancheError } from '../../storage/errors.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { findSamplesWith, sumSamples } from '../../storage/profile/selection.ts';
import type { Part } from '../jobs.ts';
import type { FrameAnatomy } from '../suspect/frames/frame-anatomy.ts';
import { isGarbageCollection } from '../suspect/own-time.ts';
import { nameWindow } from './describe-comparison.ts';
import { selectWindow } from './snapshot-selection.ts';

type Named = { profile: Profile; anatomy: readonly FrameAnatomy[] };
type Condition = { selection: Selection; words: string };

const dayMs = 86_400_000;
const mostOffered = 8;

/**
 * What a person asks to see of a snapshot, as a selection of the named profile (see nameFrames) and of the recorded
 * one, which has the same samples. `words` say what was taken, since a name may fit several things.
 *
 * @throws AvalancheError RANGE_EMPTY or SELECTION_EMPTY, with what there is instead
 */
export function selectPart(named: Named, part: Part): Condition {
  const conditions = [
    selectTime(named, part),
    ...(part.only === null ? [] : [selectOnly(named, part.only)]),
    ...(part.threads === null ? [] : [selectThreads(named, part.threads)]),
    ...(part.without === null ? [] : [selectWithout(named, part.without)]),
  ];
  const selection = conditions.reduce((all, next) => joinSelections(all, next.selection), {} as Selection);
  const words = conditions.map((condition) => condition.words).filter((text) => text !== '');
  if (sumSamples(named.profile, selection) > 0) return { selection, words: words.join(', ') };
  throw new AvalancheError(
    'SELECTION_EMPTY',
    `Cannot draw "${words.join(', ')}": each of it is in the recording, but no sample fits all of it`,
  );
}

/** All samples of the same event that a selection leaves out. */
export function complementOf(profile: Profile, selection: Selection, taken: Uint32Array): Selection {
  const rows = new Uint8Array(profile.samples.stack.length).fill(1);
  for (const row of taken) rows[row] = 0;
  return { ...(selection.event === undefined ? {} : { event: selection.event }), rows };
}

function joinSelections(a: Selection, b: Selection): Selection {
  const rows =
    a.rows === undefined || b.rows === undefined
      ? (a.rows ?? b.rows)
      : a.rows.map((takes, row) => takes & b.rows![row]!);
  return { ...a, ...b, ...(rows === undefined ? {} : { rows }) };
}

function selectTime({ profile }: Named, { window, clock, burst }: Part): Condition {
  if (clock !== null) {
    const range = toOffsets(profile, clock);
    return { selection: selectWindow(profile, range), words: nameClock(clock) };
  }
  const words = nameWindow(window);
  return {
    selection: selectWindow(profile, window),
    words: burst === null ? words : `burst ${burst}, ${words}`,
  };
}

/** Times of the day become offsets: the recording knows its day. */
function toOffsets({ recording }: Profile, clock: NonNullable<Part['clock']>) {
  const { startedAtMs, durationMs } = recording;
  if (startedAtMs === null) {
    throw new AvalancheError(
      'RANGE_EMPTY',
      'Cannot choose by the time of day: the recording has no clock, only offsets like "5s-8s"',
    );
  }
  const midnight = startedAtMs - (startedAtMs % dayMs);
  const starts = [-dayMs, 0, dayMs].map((shift) => midnight + shift - startedAtMs);
  const start = starts.find((offset) => offset + clock.toMs > 0 && offset + clock.fromMs <= durationMs);
  if (start !== undefined) {
    return { fromMs: Math.max(0, start + clock.fromMs), toMs: start + clock.toMs };
  }
  const recorded = nameClock({ fromMs: startedAtMs, toMs: startedAtMs + durationMs });
  throw new AvalancheError(
    'RANGE_EMPTY',
    `Cannot use the range ${nameClock(clock)}: the recording goes from ${recorded}`,
  );
}

function nameClock({ fromMs, toMs }: NonNullable<Part['clock']>): string {
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 19);
  return `${time(fromMs)} to ${time(toMs)} UTC`;
}

/** A pod by its name or a part of it; where none is called so, what runs below a function. */
function selectOnly(named: Named, wanted: string): Condition {
  const { profile, anatomy } = named;
  const pods = [...new Set(profile.threads.map(({ pod }) => pod))].filter((pod) => pod !== '').sort();
  const found = matchNames(pods, wanted);
  if (found.length > 0) {
    return {
      selection: { pods: found },
      words: `only ${found.length === 1 ? 'pod' : 'pods'} ${list(found)}`,
    };
  }
  const rows = findSamplesWith(profile, frameMatcher(anatomy, profile, wanted));
  if (rows.includes(1)) return { selection: { rows }, words: `only below "${wanted}"` };
  const offered = pods.length === 0 ? 'it names no pods' : `its pods are ${list(pods)}`;
  throw new AvalancheError(
    'SELECTION_EMPTY',
    `Cannot show only "${wanted}": no pod and no function of the recording is called so (${offered})`,
  );
}

function selectThreads({ profile }: Named, wanted: string): Condition {
  const names = [...new Set(profile.threads.map(({ comm }) => comm))].filter((name) => name !== '').sort();
  const comms = matchNames(names, wanted);
  if (comms.length > 0) {
    const shown = comms.length === 1 ? `thread ${comms[0]}` : `${comms.length} threads like "${wanted}"`;
    return { selection: { comms }, words: `only ${shown}` };
  }
  throw new AvalancheError(
    'SELECTION_EMPTY',
    `Cannot show the threads "${wanted}": none is called so (there are ${names.length === 0 ? 'no names of threads' : list(names)})`,
  );
}

function selectWithout({ profile, anatomy }: Named, wanted: string): Condition {
  const isGc = /^(?:gc|garbage collection)$/i.test(wanted);
  const isWanted = isGc
    ? (frame: number) => isGarbageCollection(anatomy[frame]!)
    : frameMatcher(anatomy, profile, wanted);
  const rows = findSamplesWith(profile, isWanted);
  if (!rows.includes(1)) {
    const what = isGc ? 'nothing in the recording collects garbage' : 'no function or module is called so';
    throw new AvalancheError('SELECTION_EMPTY', `Cannot leave out "${wanted}": ${what}`);
  }
  return {
    selection: { rows: rows.map((has) => 1 - has) },
    words: `without ${isGc ? 'garbage collection' : `"${wanted}"`}`,
  };
}

/** Fits a frame whose name, as people write it, or whose module holds the text; upper and lower case are one. */
function frameMatcher(anatomy: readonly FrameAnatomy[], { frames }: Profile, wanted: string) {
  const text = wanted.toLowerCase();
  return (frame: number) =>
    (anatomy[frame]?.name ?? '').toLowerCase().includes(text) ||
    frames.module[frame]!.toLowerCase().includes(text);
}

/** The names that are meant: exactly so, else by pattern, else with it as a word of theirs, else with it anywhere. */
function matchNames(names: readonly string[], wanted: string): string[] {
  const text = wanted.toLowerCase();
  const isWord = new RegExp(`(?<![a-z0-9])${RegExp.escape(text)}(?![a-z0-9])`);
  const meanings: ((name: string) => boolean)[] = [
    (name) => name === text,
    (name) => fitsPattern(name, text),
    (name) => isWord.test(name),
    (name) => name.includes(text),
  ];
  for (const isMeant of meanings) {
    const found = names.filter((name) => isMeant(name.toLowerCase()));
    if (found.length > 0) return found;
  }
  return [];
}

/** `*` stands for anything. Not by a regular expression, which a text full of stars would keep busy for hours. */
function fitsPattern(name: string, pattern: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

function list(names: readonly string[]): string {
  const more = names.length - mostOffered;
  return names.slice(0, mostOffered).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
