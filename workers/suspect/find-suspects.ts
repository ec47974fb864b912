import type { RepositoryConfig } from '../../storage/config.ts';
import { toAvalancheError } from '../../storage/errors.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import type { Suspect } from '../jobs.ts';
import type { CodeSearch } from './code-search/code-search.ts';
import { permanentLink } from './code-search/link.ts';
import { nameFrames, type OwnCode } from './frames/name-frames.ts';
import { readHistory, readSnippet } from './function-history.ts';
import { locateFunction } from './locate-function.ts';
import { measureOwnTime, type OwnTime } from './own-time.ts';
import { count, listWork, percent, percentRange, points, quote } from './phrases.ts';
import { type RankedFunction, rankFrames } from './rank-frames.ts';
import { formVerdict } from './verdict.ts';

export type FindSuspectsInput = {
  /** As recorded. */
  profile: Profile;
  selection: Selection;
  /** A recording from when all was well. */
  baseline: Profile | null;
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

/** Functions that do next to nothing themselves only hold what others do: entry points, loops. */
const hottestSelfShare = 0.01;

/**
 * Ranks the app's own functions and joins the likeliest with their code and its history. Nothing is named on
 * thin evidence, and what fails on the way to the code is evidence too: this function does not throw for it.
 */
export async function findSuspects(input: FindSuspectsInput): Promise<FoundSuspects> {
  const { profile, selection, baseline, codeSearch, maximum = 3, nowMs = Date.now() } = input;
  const application = await withModulePath(input.application, profile, codeSearch);
  const current = measureOwnTime(nameFrames(profile, application), selection);
  const before = baseline === null ? null : measureBaseline(profile, selection, baseline, application);
  const comparable = before !== null && before.busy > 0 ? before : null;
  const ranked = rankFrames(current, comparable, maximum);
  const suspects = await Promise.all(
    ranked.map((found, index) => toSuspect(found, index + 1, current, comparable, { ...input, application })),
  );
  const verdict = formVerdict({ profile, selection, current, baseline: comparable, ranked, suspects, nowMs });
  return { verdict, suspects, hottest: listHottest(current) };
}

/** The whole of the baseline, of the event that the selection shows: events are never mixed. */
function measureBaseline(
  profile: Profile,
  selection: Selection,
  baseline: Profile,
  application: OwnCode | null,
): OwnTime | null {
  const event = profile.events[selection.event ?? 0];
  const isSame = baseline.events.findIndex(({ name }) => name === event?.name);
  // Two ways to sample CPU time can be compared with each other, a count of page faults with neither.
  const isTime = (name: string | undefined) => /^(?:cpu|cycles|task-clock|samples|wall|v8)/.test(name ?? '');
  const row =
    isSame >= 0 ? isSame : isTime(event?.name) ? baseline.events.findIndex(({ name }) => isTime(name)) : -1;
  return row < 0 ? null : measureOwnTime(nameFrames(baseline, application), { event: row });
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
  rank: number,
  current: OwnTime,
  baseline: OwnTime | null,
  { application, codeSearch, revision }: FindSuspectsInput,
): Promise<Suspect> {
  const { anatomy, name } = found.function;
  const suspect: Suspect = {
    rank,
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
    return await addCode(suspect, found, repository, codeSearch, revision);
  } catch (error) {
    suspect.evidence.push(`code search failed: ${toAvalancheError(error).message}`);
    return suspect;
  }
}

async function addCode(
  suspect: Suspect,
  { function: { anatomy } }: RankedFunction,
  repository: RepositoryConfig,
  search: CodeSearch,
  revision: string | null,
): Promise<Suspect> {
  const { path, line, doubt } = await locateFunction(anatomy, repository, search);
  const { id, isHead } = await search.resolveRevision();
  const evidence = [...suspect.evidence];
  if (isHead || revision === null)
    evidence.push(`revision unknown: looked at the repository's head, ${id.slice(0, 10)}`);
  if (doubt !== null) evidence.push(doubt);
  if (path === null) return { ...suspect, evidence };
  if (line === null) return { ...suspect, evidence, file: path, line: null };
  const commit = await readHistory(search, path, line, anatomy.language);
  if (commit === null)
    evidence.push('history unknown: the repository is cut off before these lines were written');
  return {
    ...suspect,
    evidence,
    file: path,
    line,
    commit,
    url: permanentLink(repository, { revision: id, path, line }),
    snippet: await readSnippet(search, path, line),
  };
}

/** Why it is thought so, the figures first; the doubts too. */
function listEvidence(found: RankedFunction, current: OwnTime, baseline: OwnTime | null): string[] {
  const { function: candidate, share, baselineShare, growth, entryOf } = found;
  const evidence = [
    `${percent(share.value)} of ${count(current.busy)} samples (95 % interval ${percentRange(share)})`,
  ];
  if (baseline === null || baselineShare === null || growth === null) {
    evidence.push('no baseline: hot, but perhaps always so');
  } else {
    const range = `${points(growth.low).replace(/ .*/, '')} to ${points(growth.high)}`;
    evidence.push(
      `${percent(baselineShare.value)} of ${count(baseline.busy)} samples in the baseline: grew by ${range}`,
    );
    if (baseline.busy < 200) evidence.push('the baseline is thin');
  }
  if (entryOf === null) {
    const spent = listWork(candidate.work, candidate.self);
    if (candidate.work.size > 1 && spent !== '') evidence.push(`its time goes to ${spent}`);
  } else {
    evidence.push(`grew as a whole, ${quote(entryOf.name)} in it: it may run more often rather than slower`);
  }
  const caller = candidate.caller === null ? undefined : current.functions.get(candidate.caller.key);
  if (caller !== undefined) {
    evidence.push(`called by ${quote(caller.name)} in ${percent(candidate.caller!.ratio)} of its samples`);
  }
  const unknown = (current.work.get('unknown') ?? 0) / current.busy;
  if (unknown > 0.2) evidence.push(`${percent(unknown)} of all samples end in code without symbols`);
  return evidence;
}

function listHottest({ functions, busy }: OwnTime): { function: string; share: number }[] {
  return [...functions.values()]
    .filter(({ self }) => self >= hottestSelfShare * busy)
    .sort((a, b) => b.total - a.total || b.self - a.self || (a.key < b.key ? -1 : 1))
    .slice(0, 5)
    .map(({ name, total }) => ({ function: name, share: total / busy }));
}
