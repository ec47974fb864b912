import type { CodeCategory } from '../../renderers/code-category.ts';
import { AvalancheError } from '../../storage/errors.ts';
import {
  buildDifference,
  type Change,
  compareFunctions,
  type Difference,
  type Normalization,
} from '../../storage/profile/difference.ts';
import { findInnermostChanges } from '../../storage/profile/innermost-changes.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import { type FrameAnatomy, nameFrames, type OwnCode } from '../suspect/frames/name-frames.ts';
import { dropIdleSamples } from '../suspect/idle.ts';

export type ComparedRecording = {
  /** As recorded. */
  profile: Profile;
  /** Taken together. */
  selections: readonly Selection[];
  /** What people call it: a file, `the rest of it`, `the snapshot of 03:12 UTC`. */
  name: string;
};

type ComparedFunction = {
  /** As people write it. */
  name: string;
  file: string;
  category: CodeCategory;
  self: Change;
  total: Change;
};

export type Comparison = {
  difference: Difference;
  before: ComparedTotals;
  after: ComparedTotals;
  event: string;
  /** What is known of a row's function; null for the root and commands. */
  anatomyOf(row: number): FrameAnatomy | null;
  /** By how much their self value changed. */
  functions: ComparedFunction[];
  /**
   * What changed above the noise: the app's own functions, each with all it calls in libraries, runtime and
   * kernel, and commands with what ran outside own code. The most first. Where no own function grew: any
   * functions, by their self value; where none of them changed either, those in which changes come together,
   * by their total.
   */
  changes: { name: string; key: string; change: Change }[];
  /** Equal for rows of one function: as in `changes`. */
  keyOfRow(row: number): string;
  /** Doubts about the comparison. */
  remarks: string[];
};

/** `sampleCount` is without the samples of idle CPUs, which are left out of everything. */
export type ComparedTotals = { name: string; sampleCount: number; idleCount: number };

type Named = { recording: ComparedRecording; profile: Profile; anatomy: readonly FrameAnatomy[] };

/** Fewer samples know a share to 7 points at best. */
const thinSampleCount = 200;

/**
 * Compares two recordings by functions as people write them, so that compiler tiers, addresses, lines and
 * folders of another deploy make no difference. Idle CPUs are left out. Events are never mixed: the one of
 * `after` is looked for in `before`.
 *
 * @throws AvalancheError RANGE_EMPTY when a side has no samples, NOT_COMPARABLE by time without what it needs
 */
export function compareRecordings(
  before: ComparedRecording,
  after: ComparedRecording,
  { application, normalizedBy }: { application: OwnCode | null; normalizedBy: Normalization },
): Comparison {
  const name = (recording: ComparedRecording): Named => ({
    recording,
    ...nameFrames(dropIdleSamples(recording.profile), application),
  });
  const [was, is] = [name(withEventOf(before, after)), name(after)];
  const totals = { before: sumUp(was), after: sumUp(is) };
  const difference = buildDifference(sideOf(was), sideOf(is), normalizedBy);
  const own = listChanges(buildDifference(sideOf(was, 'own'), sideOf(is, 'own'), normalizedBy), [was, is]);
  const ownGrew = own.some(({ anatomy, change }) => anatomy !== null && change.delta.value > 0);
  return {
    difference,
    ...totals,
    event: eventOf(is.recording),
    anatomyOf: (row) => anatomyAt(difference, [was, is], row),
    functions: compareFunctions(difference).flatMap(({ row, self, total }) => {
      const anatomy = anatomyAt(difference, [was, is], row);
      if (anatomy === null) return [];
      const { file, category } = anatomy;
      return [{ name: shownName(anatomy), file, category, self, total }];
    }),
    changes: (ownGrew ? own : listAnyChanges(difference, [was, is])).map(
      ({ anatomy, name, key, change }) => ({
        name: anatomy === null && ownGrew ? `${name} outside own code` : name,
        key,
        change,
      }),
    ),
    keyOfRow: (row) => keyAt(difference, [was, is], row),
    remarks: listDoubts(was, is, totals),
  };
}

/** All of a recording but a part of it. */
export function restOf({ fromMs, toMs }: Selection): Selection[] {
  return [
    ...(fromMs === undefined ? [] : [{ toMs: fromMs }]),
    ...(toMs === undefined ? [] : [{ fromMs: toMs }]),
  ];
}

/** As it stands in a picture; addresses say nothing to a person, and are others in every run. */
export function shownName({ name, category, language }: FrameAnatomy): string {
  return category === 'unknown' && language === '' && !name.startsWith('[') ? '[unknown]' : name;
}

function sideOf({ recording, profile, anatomy }: Named, only?: CodeCategory) {
  const keys = anatomy.map((frame) =>
    only === undefined || frame.category === only ? functionKey(frame) : null,
  );
  return { profile, selections: recording.selections, keyOf: (frame: number) => keys[frame] ?? null };
}

/** Without line and folder, which another revision or image has elsewhere. */
function functionKey(frame: FrameAnatomy): string {
  const file = frame.file.slice(frame.file.lastIndexOf('/') + 1);
  return [frame.language, frame.package, frame.class, shownName(frame), file].join('\0');
}

/** Functions and commands whose self value changed above the noise. */
function listChanges(difference: Difference, sides: [Named, Named]) {
  return compareFunctions(difference)
    .filter(({ self }) => self.isAboveNoise)
    .map(({ row, self }) => nameChange(difference, sides, row, self));
}

/** Of any kind of code; never by their own and by their total value in one list. */
function listAnyChanges(difference: Difference, sides: [Named, Named]) {
  const byItself = listChanges(difference, sides);
  if (byItself.length > 0) return byItself;
  return findInnermostChanges(difference).map(({ row, total }) => nameChange(difference, sides, row, total));
}

function nameChange(difference: Difference, sides: [Named, Named], row: number, change: Change) {
  const anatomy = anatomyAt(difference, sides, row);
  const name = anatomy === null ? difference.name(row) : shownName(anatomy);
  return { anatomy, name, key: keyAt(difference, sides, row), change };
}

function anatomyAt(
  { before, after }: Difference,
  [was, is]: [Named, Named],
  row: number,
): FrameAnatomy | null {
  return is.anatomy[after.frame[row]!] ?? was.anatomy[before.frame[row]!] ?? null;
}

function keyAt(difference: Difference, sides: [Named, Named], row: number): string {
  const anatomy = anatomyAt(difference, sides, row);
  return anatomy === null ? `command ${difference.name(row)}` : functionKey(anatomy);
}

function withEventOf(before: ComparedRecording, after: ComparedRecording): ComparedRecording {
  const event = before.profile.events.findIndex(({ name }) => name === eventOf(after));
  if (event === -1) return before;
  return { ...before, selections: before.selections.map((selection) => ({ ...selection, event })) };
}

function eventOf({ profile, selections }: ComparedRecording): string {
  return profile.events[selections[0]?.event ?? 0]?.name ?? 'no event';
}

function sumUp({ recording, profile }: Named): ComparedTotals {
  const { name, selections } = recording;
  const sum = (of: Profile) => selections.reduce((all, selection) => all + sumSamples(of, selection), 0);
  const [all, sampleCount] = [sum(recording.profile), sum(profile)];
  if (sampleCount > 0) return { name, sampleCount, idleCount: all - sampleCount };
  throw new AvalancheError('RANGE_EMPTY', `Cannot compare "${name}": it holds no samples of work`);
}

function listDoubts(
  was: Named,
  is: Named,
  totals: { before: ComparedTotals; after: ComparedTotals },
): string[] {
  const doubts: string[] = [];
  const events = [eventOf(was.recording), eventOf(is.recording)];
  if (events[0] !== events[1]) doubts.push(`other events are compared: ${events.join(' and ')}`);
  for (const { name, sampleCount } of [totals.before, totals.after]) {
    if (sampleCount >= thinSampleCount) continue;
    doubts.push(`${name} has only ${Math.round(sampleCount)} samples: small changes do not show`);
  }
  return doubts;
}
