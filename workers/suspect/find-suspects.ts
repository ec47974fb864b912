import type { RepositoryConfig } from '../../storage/config.ts';
import { toAvalancheError } from '../../storage/errors.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Suspect } from '../jobs.ts';
import { findChangedFunctions } from './changed-functions.ts';
import type { CodeSearch } from './code-search/code-search.ts';
import { permanentLink } from './code-search/link.ts';
import { isCpuTime } from './event-name.ts';
import { nameFrames, type OwnCode } from './frames/name-frames.ts';
import { maximumFunctionLines } from './function-extent.ts';
import { findGuiltyCommit, readHistory, readSnippet } from './function-history.ts';
import { locateFunction } from './locate-function.ts';
import { listHottest, measureOwnTime, type OwnTime, prepareOwnTime, setCompilerAside } from './own-time.ts';
import { besideCompiler, count, listWork, percent, percentRange, points, quote } from './phrases.ts';
import { type ChangedFunctions, isAnswerable, rankAnswerable } from './rank-answerable.ts';
import { type RankedFunction, rankFrames, thinBaseline, unknownShare } from './rank-frames.ts';
import { formVerdict } from './verdict.ts';
import { findWrittenIn } from './written-in.ts';

export type FindSuspectsInput = {
  /** As recorded. */
  profile: Profile;
  selection: Selection;
  /** A recording from when all was well. */
  baseline: Profile | null;
  /** Of the code of the baseline: what changed since then is likelier to be the cause. */
  baselineRevision?: string | null;
  application: OwnCode | null;
  /** Of the code that was recorded. */
  revision: string | null;
  codeSearch: CodeSearch | null;
  maximum?: number;
  /** Milliseconds since 1970, for the ages in the verdict. */
  nowMs?: number;
};

export type FoundSuspects = {
  /** One sentence: the answer, or why there is none. */
  verdict: string;
  suspects: Suspect[];
  /** Own functions by total share, hottest first; at most 5. */
  hottest: { function: string; share: number }[];
};

/**
 * Ranks the app's own functions and joins the likeliest with their code and its history. Nothing is named on
 * thin evidence, and what fails on the way to the code is evidence too: this function does not throw for it.
 */
export async function findSuspects(input: FindSuspectsInput): Promise<FoundSuspects> {
  const { profile, selection, maximum = 3, nowMs = Date.now() } = input;
  const compared = await compareWithBaseline(input);
  const { application, current, baseline: comparable, changed } = compared;
  const ranked =
    comparable === null || changed === null
      ? rankFrames(current, comparable, maximum)
      : rankAnswerable(current, comparable, changed, { maximum });
  const joined = await Promise.all(
    ranked.map(async (found) => ({
      found,
      suspect: await toSuspect(found, current, comparable, { ...input, application }),
    })),
  );
  const ordered = changed === null ? putChangedCallersFirst(joined) : joined;
  const suspects = ordered.map(({ suspect }, index) => ({ ...suspect, rank: index + 1 }));
  const verdict = formVerdict({
    profile,
    selection,
    current,
    baseline: comparable,
    ranked: ordered.map(({ found }) => found),
    suspects,
    nowMs,
  });
  return { verdict, suspects, hottest: listHottest(current) };
}

export type Compared = {
  application: OwnCode | null;
  current: OwnTime;
  /** Null without one that has samples of the same kind. */
  baseline: OwnTime | null;
  /** Null when it is not known what changed. */
  changed: ChangedFunctions | null;
};

/** What the suspects are ranked by. */
export async function compareWithBaseline(input: FindSuspectsInput): Promise<Compared> {
  const { profile, selection, baseline, codeSearch } = input;
  const application = await withModulePath(input.application, profile, codeSearch);
  const named = nameFrames(profile, application);
  const measure = prepareOwnTime(named, selection);
  const changes = await findChanges(input, measure(new Set()));
  const looseKeys = changes?.looseKeys ?? new Set<string>();
  const before =
    baseline === null ? null : measureBaseline(profile, selection, baseline, application, looseKeys);
  return {
    application,
    current: setCompilerAside(measure(looseKeys)),
    baseline: before !== null && before.busy > 0 ? before : null,
    changed: changes?.functions ?? null,
  };
}

/** The whole of the baseline, of the event that the selection shows: events are never mixed. */
function measureBaseline(
  profile: Profile,
  selection: Selection,
  baseline: Profile,
  application: OwnCode | null,
  changedKeys: ReadonlySet<string>,
): OwnTime | null {
  const event = profile.events[selection.event ?? 0];
  const isSame = baseline.events.findIndex(({ name }) => name === event?.name);
  const isTime = (name: string | undefined) => name !== undefined && isCpuTime(name);
  const row =
    isSame >= 0 ? isSame : isTime(event?.name) ? baseline.events.findIndex(({ name }) => isTime(name)) : -1;
  if (row < 0) return null;
  return setCompilerAside(measureOwnTime(nameFrames(baseline, application), { event: row }, changedKeys));
}

type Changes = { functions: ChangedFunctions; looseKeys: Set<string> };

/** What of the recorded functions changed since the baseline; null when that cannot be known. */
async function findChanges(
  { codeSearch, baselineRevision = null, revision, baseline }: FindSuspectsInput,
  current: OwnTime,
): Promise<Changes | null> {
  if (codeSearch?.compareWith === undefined || baselineRevision === null) return null;
  if (baseline === null || revision === null) return null;
  try {
    const files = await codeSearch.compareWith(baselineRevision);
    if (files === null) return null;
    const recorded = [...current.functions.values()];
    const functions = await findChangedFunctions(recorded, files, codeSearch);
    const real = recorded.filter(({ key }) => isAnswerable(functions.get(key) ?? null));
    return { functions, looseKeys: new Set(real.map(({ looseKey }) => looseKey)) };
  } catch {
    // Said with the suspects, whose code will not be found either.
    return null;
  }
}

/** Go code names its packages by the module's path, which only the repository knows. */
async function withModulePath(
  application: OwnCode | null,
  profile: Profile,
  search: CodeSearch | null,
): Promise<OwnCode | null> {
  if (search === null || !profile.frames.name.some((name) => name.startsWith('runtime.goexit')))
    return application;
  try {
    const files = (await search.findFiles('go.mod')).slice(0, 20);
    const heads = await Promise.all(files.map((file) => search.readLines(file, 1, 50)));
    const modules = heads.flatMap((lines) =>
      lines.flatMap((line) => /^module\s+"?([^\s"]+)/.exec(line)?.[1] ?? []),
    );
    return { ...application, own: [...(application?.own ?? []), ...modules] };
  } catch {
    // Said with the suspects, whose code will not be found either.
    return application;
  }
}

async function toSuspect(
  found: RankedFunction,
  current: OwnTime,
  baseline: OwnTime | null,
  { application, codeSearch, revision, baselineRevision = null }: FindSuspectsInput,
): Promise<Suspect> {
  const { anatomy, name } = found.function;
  const suspect: Suspect = {
    rank: 0,
    function: name,
    file: anatomy.file === '' ? null : anatomy.file,
    line: anatomy.file === '' || anatomy.line === 0 ? null : anatomy.line,
    share: found.share.value,
    baselineShare: found.baselineShare?.value ?? null,
    sampleCount: found.count,
    confidence: found.confidence,
    evidence: listEvidence(found, current, baseline),
    commit: null,
    url: null,
    snippet: null,
  };
  if (codeSearch === null) return suspect;
  try {
    const repository = application?.repository ?? { url: '', containerRoot: '', sourceRoot: '' };
    const callees = listCallees(found, current, baseline);
    const since = { revision: baselineRevision, callees };
    return await addCode(suspect, found, repository, codeSearch, revision, since);
  } catch (error) {
    suspect.evidence.push(`code search failed: ${toAvalancheError(error).message}`);
    return suspect;
  }
}

async function addCode(
  suspect: Suspect,
  { function: { anatomy }, change }: RankedFunction,
  repository: RepositoryConfig,
  search: CodeSearch,
  revision: string | null,
  since: { revision: string | null; callees: readonly string[] },
): Promise<Suspect> {
  const { path, line, doubt } =
    change === null
      ? await locateFunction(anatomy, repository, search)
      : { path: change.path, line: change.firstLine, doubt: null };
  const { id, isHead } = await search.resolveRevision();
  const evidence = [...suspect.evidence];
  if (isHead || revision === null)
    evidence.push(`revision unknown: looked at the repository's head, ${id.slice(0, 10)}`);
  if (doubt !== null) evidence.push(doubt);
  if (path === null) return { ...suspect, evidence };
  if (line === null) return { ...suspect, evidence, file: path, line: null };
  const writtenIn =
    anatomy.function === '' && anatomy.language === 'javascript'
      ? findWrittenIn(await search.readLines(path, 1, line + maximumFunctionLines), line)
      : null;
  const history = async () =>
    (change === null ? null : await findGuiltyCommit(search, change, anatomy.language, since)) ??
    (await readHistory(search, path, line, anatomy.language));
  const commit = await history().catch((error: unknown) => {
    evidence.push(`history unknown: ${toAvalancheError(error).message}`);
    return undefined;
  });
  if (commit === null)
    evidence.push('history unknown: no commit of these lines is known, as in a shallow clone');
  return {
    ...suspect,
    ...(writtenIn === null ? {} : { writtenIn }),
    evidence,
    file: path,
    line,
    commit: commit ?? null,
    url: permanentLink(repository, { revision: id, path, line }),
    snippet: await readSnippet(search, path, line),
  };
}

/** Keys of the unchanged own functions, then names of the others, that a suspect spends more in than before. */
function listCallees(
  { function: candidate }: RankedFunction,
  current: OwnTime,
  baseline: OwnTime | null,
): string[] {
  const before = baseline?.functions.get(candidate.key);
  const grown = (now: ReadonlyMap<string, number>, then: ReadonlyMap<string, number> | undefined) =>
    [...now]
      .map(([key, spent]) => ({
        key,
        growth: spent / current.busy - (then?.get(key) ?? 0) / Math.max(1, baseline?.busy ?? 1),
      }))
      .filter(({ key, growth }) => key !== candidate.key && growth > 0.01)
      .sort((a, b) => b.growth - a.growth)
      .map(({ key }) => key);
  return [...grown(candidate.spentIn, before?.spentIn), ...grown(candidate.callees, before?.callees)];
}

type Joined = { found: RankedFunction; suspect: Suspect };

/**
 * A function may have grown because its caller calls it more. When the caller is a suspect itself and was
 * changed later than its callee, the change is the likelier cause.
 */
function putChangedCallersFirst(joined: readonly Joined[]): Joined[] {
  const ordered = [...joined];
  for (let index = 0; index < ordered.length; index++) {
    const callee = ordered[index]!;
    const place = ordered.findIndex(
      (other, position) => position > index && calledAndChangedLater(other, callee),
    );
    const [caller] = place < 0 ? [] : ordered.splice(place, 1);
    if (caller === undefined) continue;
    caller.suspect.evidence.push(`changed later than ${quote(callee.suspect.function)}, which it calls`);
    ordered.splice(index, 0, caller);
  }
  return ordered;
}

function calledAndChangedLater(caller: Joined, callee: Joined): boolean {
  const link = callee.found.function.caller;
  if (link === null || link.ratio < 0.9 || link.key !== caller.found.function.key) return false;
  const [callerCommit, calleeCommit] = [caller.suspect.commit, callee.suspect.commit];
  if (callerCommit === null || calleeCommit === null || callerCommit.id === calleeCommit.id) return false;
  return Date.parse(callerCommit.date) > Date.parse(calleeCommit.date);
}

/** Why it is thought so, the figures first; the doubts too. */
function listEvidence(found: RankedFunction, current: OwnTime, baseline: OwnTime | null): string[] {
  const { function: candidate, share, baselineShare, growth, entryOf, change, doubt } = found;
  const evidence = [
    `${percent(share.value)} of ${count(current.busy)} samples${besideCompiler(current)} (95 % interval ${percentRange(share)})`,
  ];
  if (baseline === null || baselineShare === null || growth === null) {
    evidence.push('no baseline: hot, but perhaps always so');
  } else {
    const range = `${points(growth.low).replace(/ .*/, '')} to ${points(growth.high)}`;
    evidence.push(
      `${percent(baselineShare.value)} of ${count(baseline.busy)} samples${besideCompiler(baseline)} in the baseline: grew by ${range}`,
    );
    if (baseline.busy < thinBaseline) evidence.push('the baseline is thin');
  }
  if (change !== null && isAnswerable(change)) {
    const what = change.via === null ? 'its code' : `${quote(change.via.name)}, which it reads,`;
    evidence.push(`${what} changed since the baseline`);
  }
  if (doubt !== null) evidence.push(doubt);
  const [busiest] = listCallees(found, current, baseline);
  const called = busiest === undefined ? undefined : current.functions.get(busiest);
  if (called !== undefined)
    evidence.push(`what grew most under it is ${quote(called.name)}, itself unchanged`);
  if (entryOf === null) {
    const spent = listWork(candidate.work, candidate.self);
    const [callee] = [...candidate.callees].sort(
      ([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1),
    );
    const mostly =
      callee === undefined || callee[1] < candidate.self / 4
        ? ''
        : `, ${percent(callee[1] / candidate.self)} of it by way of ${quote(callee[0])}`;
    if (candidate.work.size > 1 && spent !== '') evidence.push(`its time goes to ${spent}${mostly}`);
  } else {
    evidence.push(`grew as a whole, ${quote(entryOf.name)} in it: it may run more often rather than slower`);
  }
  const caller = candidate.caller === null ? undefined : current.functions.get(candidate.caller.key);
  if (caller !== undefined && caller.name !== candidate.name) {
    evidence.push(`called by ${quote(caller.name)} in ${percent(candidate.caller!.ratio)} of its samples`);
  }
  const unknown = unknownShare(current);
  if (unknown > 0.2) evidence.push(`${percent(unknown)} of all samples end in code without symbols`);
  return evidence;
}
