import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Suspect } from '../jobs.ts';
import { isHeldBack } from './cpu-limit.ts';
import { isCpuTime, shownEvent } from './event-name.ts';
import { describeNotYourCode } from './not-your-code.ts';
import type { OwnTime } from './own-time.ts';
import { age, besideCompiler, count, percent, percentRange, points, quote } from './phrases.ts';
import { hotShare, type RankedFunction, wantedSamples } from './rank-frames.ts';

type Facts = {
  profile: Profile;
  selection: Selection;
  current: OwnTime;
  baseline: OwnTime | null;
  ranked: readonly RankedFunction[];
  suspects: readonly Suspect[];
  nowMs: number;
};

/** Above this share of idle samples, or below this share of the samples one busy CPU gives, the app did nothing. */
const idleShare = 0.9;
const busyCpuShare = 0.05;

/** The sentence that a tired person reads first: the suspect, or honestly why there is none. */
export function formVerdict(facts: Facts): string {
  const { ranked, current } = facts;
  const [first] = ranked;
  if (first !== undefined) return nameSuspect(first, facts);
  const active = current.busy + current.compiling;
  if (active + current.idle === 0) return 'No samples in the range: nothing can be said';
  if (isMostlyIdle(facts)) return describeIdle(facts);
  if (active < wantedSamples) {
    return `Too few samples to name a suspect: ${count(active)} (${wantedSamples} wanted)`;
  }
  return describeNotYourCode(current) ?? describeHeldBack(facts) ?? describeNothingNew(facts);
}

function nameSuspect(first: RankedFunction, facts: Facts): string {
  const { share, growth, confidence, entryOf } = first;
  const writtenIn = facts.suspects[0]?.writtenIn;
  const name = `${quote(first.function.name)}${writtenIn === undefined ? '' : ` in ${quote(writtenIn)}`}`;
  const entry = facts.ranked.find((other) => other.entryOf === first.function);
  const called = entry === undefined ? '' : `, called by ${quote(entry.function.name)},`;
  const who = entryOf === null ? `${name}${called} takes` : `${name} and what it calls take`;
  const how = `${percent(share.value)} of the ${eventOf(facts)} samples${besideCompiler(facts.current)} (${percentRange(share)})`;
  const compared =
    growth === null
      ? ', with no baseline to tell whether that is new'
      : `, ${points(growth.value)} more than in the baseline`;
  const named = `${who} ${how}${compared}${lastChange(facts)}`;
  const heldBack = describeHeldBack(facts);
  if (confidence !== 'weak')
    return heldBack === null ? named : `${named}; besides, a CPU limit seems to hold the app back`;
  return heldBack === null ? `Weak evidence: ${named}` : `${heldBack}; weak evidence besides: ${named}`;
}

function describeHeldBack(facts: Facts): string | null {
  if (!isHeldBackByLimit(facts)) return null;
  return 'Held back by a CPU limit, as it seems: the app stands still in a part of every 100 ms; look at its limit, and at what it gets to do';
}

/** Of other events the moments are their own. */
function isHeldBackByLimit({ profile, selection }: Facts): boolean {
  return isCpuTime(profile.events[selection.event ?? 0]?.name ?? '') && isHeldBack(profile, selection);
}

function eventOf({ profile, selection }: Facts): string {
  return shownEvent(profile.events[selection.event ?? 0]?.name ?? '');
}

function lastChange({ suspects, nowMs }: Facts): string {
  const commit = suspects[0]?.commit;
  if (commit === null || commit === undefined) return '';
  return `; last changed ${age(Date.parse(commit.date), nowMs)} by ${commit.author}: "${commit.subject}"`;
}

/** A process that waits gives no samples at all: what is missing shows that it was idle. */
function isMostlyIdle({ profile, selection, current }: Facts): boolean {
  const active = current.busy + current.compiling;
  if (current.idle / (active + current.idle) >= idleShare) return true;
  const expected = expectedSamples(profile, selection);
  return expected !== null && active < expected * busyCpuShare;
}

function describeIdle({ profile, selection, current }: Facts): string {
  const active = current.busy + current.compiling;
  const total = active + current.idle;
  if (current.idle / total >= idleShare) {
    return `Mostly idle: ${percent(current.idle / total)} of ${count(total)} samples are of CPUs with nothing to do`;
  }
  const expected = expectedSamples(profile, selection) ?? 0;
  return `Mostly idle: ${count(active)} samples where one busy CPU gives ${count(expected)}`;
}

/** What one busy CPU would have given; null when rate or times are unknown, or the range is under a second. */
function expectedSamples({ recording }: Profile, { fromMs = 0, toMs }: Selection): number | null {
  const rangeMs = Math.min(toMs ?? recording.durationMs, recording.durationMs) - fromMs;
  if (recording.rateHz === null || !recording.hasTimes || rangeMs < 1_000) return null;
  return (recording.rateHz * rangeMs) / 1000;
}

function describeNothingNew({ current, baseline }: Facts): string {
  const [hottest] = [...current.functions.values()].sort(
    (a, b) => b.self - a.self || (a.key < b.key ? -1 : 1),
  );
  if (hottest === undefined) return 'No own function stands out: none was on the CPU';
  const share = `${quote(hottest.name)} is the hottest with ${percent(hottest.self / current.busy)}`;
  if (baseline !== null) {
    return `No own function stands out: none grew beyond the noise since the baseline; ${share}`;
  }
  const wanted =
    hottest.self < wantedSamples
      ? `in ${count(hottest.self)} samples (${wantedSamples} wanted)`
      : `and ${percent(hotShare)} would be worth a look`;
  return `No own function stands out: ${share}, ${wanted}`;
}
