import { limitsSchema } from '../../storage/config.ts';
import { createFileTools } from '../../workers/file-tools.ts';
import type { Suspect } from '../../workers/jobs.ts';
import { rankByHottest, rankByOriginal } from './baselines.ts';
import { findRecording } from './case-recordings.ts';
import { makeCaseRepository } from './case-repository.ts';
import type { RegressionCase } from './read-case.ts';

/** Where recorded programs lay: their paths begin with it. */
export const containerRoot = '/tmp/avalanche-regressions/app';

export type CaseScore = {
  name: string;
  kind: string;
  /** 1 for the first; null when it is not among the suspects. */
  functionRank: number | null;
  /** Of the guilty commit among the commits of the suspects, each counted once. */
  commitRank: number | null;
  /** Of the first suspect; null when nobody was named. */
  confidence: Suspect['confidence'] | null;
  ms: number;
  /** Ranks of the guilty function by what is compared with. */
  hottestRank: number | null;
  originalRank: number | null;
  verdict: string;
  suspects: readonly Suspect[];
};

const tools = createFileTools(limitsSchema.parse({}));

/** Lets the product's own way over files answer a case. */
export async function scoreCase(one: RegressionCase): Promise<CaseScore> {
  const after = recordingOf(one, 'after');
  const { repository, ...ids } = makeCaseRepository(one);
  try {
    const settings = {
      baseline: recordingOf(one, 'before'),
      baselineRevision: ids.before,
      repository: repository.folder,
      revision: ids.after,
      own: [],
      containerRoot,
    };
    const signal = new AbortController().signal;
    const began = performance.now();
    const { verdict, suspects } = await tools.suspects(after, settings, { signal, terminalDirectory: '/' });
    const ms = performance.now() - began;
    const { guilty } = one;
    const isGuilty = (name: string, file: string | null) => guilty !== null && isSame(guilty, name, file);
    return {
      name: one.name,
      kind: one.kind,
      functionRank: rankOf(suspects, (suspect) =>
        isGuilty(suspect.writtenIn ?? suspect.function, suspect.file),
      ),
      commitRank: rankOf(listCommits(suspects), (id) => id === ids.guilty),
      confidence: suspects[0]?.confidence ?? null,
      ms,
      hottestRank:
        guilty === null ? null : rankOf(await rankByHottest(after), (name) => isGuilty(name, null)),
      originalRank:
        guilty === null ? null : rankOf(await rankByOriginal(after), (name) => isGuilty(name, null)),
      verdict,
      suspects,
    };
  } finally {
    repository[Symbol.dispose]();
  }
}

export type Rates = {
  cases: number;
  first: number;
  topThree: number;
  commitFirst: number;
  hottestFirst: number;
  hottestTopThree: number;
  originalFirst: number;
  originalTopThree: number;
  quietCases: number;
  /** Cases without regression in which somebody was named with more than weak confidence. */
  falseAlarms: number;
};

/** Counts, to be read beside the number of cases. */
export function sumUp(scores: readonly CaseScore[]): Rates {
  const quiet = scores.filter(isQuiet);
  const planted = scores.filter((score) => !isQuiet(score));
  const within = (most: number, rank: (score: CaseScore) => number | null) =>
    planted.filter((score) => (rank(score) ?? Number.POSITIVE_INFINITY) <= most).length;
  return {
    cases: planted.length,
    first: within(1, ({ functionRank }) => functionRank),
    topThree: within(3, ({ functionRank }) => functionRank),
    commitFirst: within(1, ({ commitRank }) => commitRank),
    hottestFirst: within(1, ({ hottestRank }) => hottestRank),
    hottestTopThree: within(3, ({ hottestRank }) => hottestRank),
    originalFirst: within(1, ({ originalRank }) => originalRank),
    originalTopThree: within(3, ({ originalRank }) => originalRank),
    quietCases: quiet.length,
    falseAlarms: quiet.filter(({ confidence }) => confidence === 'high' || confidence === 'likely').length,
  };
}

export function isQuiet({ kind }: CaseScore): boolean {
  return kind.startsWith('none');
}

function recordingOf({ name }: RegressionCase, side: 'before' | 'after'): string {
  const path = findRecording(name, side);
  if (path === null) throw new Error(`Cannot score ${name}: it has no recording`);
  return path;
}

/** The class is part of a name in some runtimes only; a place, where it was found, must be right. */
export function isSame(
  guilty: NonNullable<RegressionCase['guilty']>,
  name: string,
  file: string | null,
): boolean {
  if (file !== null && file !== guilty.file && !file.endsWith(`/${guilty.file}`)) return false;
  const lastPart = (text: string) => /[^.:]*$/.exec(text.replace(/ \(lambda\)$/, ''))![0];
  return lastPart(name) === lastPart(guilty.function);
}

function listCommits(suspects: readonly Suspect[]): string[] {
  return [...new Set(suspects.flatMap(({ commit }) => (commit === null ? [] : [commit.id])))];
}

function rankOf<Value>(values: readonly Value[], isWanted: (value: Value) => boolean): number | null {
  const place = values.findIndex(isWanted);
  return place < 0 ? null : place + 1;
}
