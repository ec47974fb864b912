// Chooses the weights of workers/suspect/weights.ts, and says what they are worth on programs they were not chosen on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limitsSchema } from '../../storage/config.ts';
import { ingestFile } from '../../workers/snapshot/ingest/ingest-file.ts';
import { openGitCodeSearch } from '../../workers/suspect/code-search/git.ts';
import { type Compared, compareWithBaseline } from '../../workers/suspect/find-suspects.ts';
import { rankAnswerable } from '../../workers/suspect/rank-answerable.ts';
import { weights as chosen, type Weights } from '../../workers/suspect/weights.ts';
import { findRecording } from './case-recordings.ts';
import { makeCaseRepository } from './case-repository.ts';
import { type RegressionCase, readCases } from './read-case.ts';
import { containerRoot, isSame } from './score-cases.ts';

type Gathered = { one: RegressionCase; compared: Compared };

/** What stays as chosen is left out of the grid: a commit's weights need the repository. */
const grid: Weights[] = [0.15, 0.3, 0.6, 1].flatMap((unchanged) =>
  [0.4, 0.7, 1].flatMap((literal) =>
    [0.15, 0.3, 0.6, 1].flatMap((busier) =>
      [0.5, 0.65, 0.8, 1].map((perLevel) => ({ ...chosen, unchanged, literal, busier, perLevel })),
    ),
  ),
);

const workDirectory = mkdtempSync(join(tmpdir(), 'avalanche-weigh-'));
try {
  const gathered: Gathered[] = [];
  for (const one of readCases()) if (one.guilty !== null) gathered.push(await gather(one));
  crossValidate(gathered);
} finally {
  rmSync(workDirectory, { recursive: true, force: true });
}

function crossValidate(gathered: readonly Gathered[]): void {
  const programs = [...new Set(gathered.map(({ one }) => one.program))];
  let unseenFirst = 0;
  let unseenThree = 0;
  for (const program of programs) {
    const others = gathered.filter(({ one }) => one.program !== program);
    const unseen = gathered.filter(({ one }) => one.program === program);
    const best = chooseWeights(others);
    const first = countWithin(unseen, best, 1);
    const three = countWithin(unseen, best, 3);
    unseenFirst += first;
    unseenThree += three;
    console.log(`${program}: ${first} and ${three} of ${unseen.length} with ${describe(best)}`);
  }
  const all = gathered.length;
  console.log(
    `each program with weights chosen on the others: first ${unseenFirst}, among three ${unseenThree} of ${all}`,
  );
  const [first, three] = [countWithin(gathered, chosen, 1), countWithin(gathered, chosen, 3)];
  console.log(`with the weights as they are: first ${first}, among three ${three} of ${all}`);
  console.log(`best on all: ${describe(chooseWeights(gathered))}`);
  const lowest = Math.min(...grid.map((weights) => countWithin(gathered, weights, 1)));
  console.log(`worst of the ${grid.length} tried: first ${lowest} of ${all}`);
}

/** By places, then by how far the first is ahead of the second; of equals those nearest to the present ones. */
function chooseWeights(gathered: readonly Gathered[]): Weights {
  const scored = grid.map((weights) => ({
    weights,
    score: scoreOf(gathered, weights),
    away: distance(weights),
  }));
  scored.sort((a, b) => b.score - a.score || a.away - b.away);
  return scored[0]!.weights;
}

function scoreOf(gathered: readonly Gathered[], weights: Weights): number {
  return gathered.reduce((sum, one) => sum + 1 / (rankOf(one, weights) ?? Number.POSITIVE_INFINITY), 0);
}

function countWithin(gathered: readonly Gathered[], weights: Weights, most: number): number {
  return gathered.filter((one) => (rankOf(one, weights) ?? Number.POSITIVE_INFINITY) <= most).length;
}

function rankOf({ one, compared }: Gathered, weights: Weights): number | null {
  const { current, baseline, changed } = compared;
  if (baseline === null || changed === null) return null;
  const ranked = rankAnswerable(current, baseline, changed, { weights });
  const place = ranked.findIndex(({ function: { name }, change }) =>
    isSame(one.guilty!, name, change?.path ?? null),
  );
  return place < 0 ? null : place + 1;
}

function distance(weights: Weights): number {
  return Object.entries(weights).reduce(
    (sum, [name, value]) => sum + Math.abs(value - chosen[name as keyof Weights]),
    0,
  );
}

function describe({ unchanged, literal, busier, perLevel }: Weights): string {
  return JSON.stringify({ unchanged, literal, busier, perLevel });
}

async function gather(one: RegressionCase): Promise<Gathered> {
  const { repository, before, after } = makeCaseRepository(one);
  try {
    const location = { url: repository.folder, containerRoot, sourceRoot: '' };
    const codeSearch = await openGitCodeSearch({
      repository: location,
      revision: after,
      mirrorDirectory: null,
    });
    const read = (side: 'before' | 'after') =>
      ingestFile(findRecording(one.name, side)!, { limits: limitsSchema.parse({}), workDirectory });
    const compared = await compareWithBaseline({
      profile: await read('after'),
      selection: {},
      baseline: await read('before'),
      baselineRevision: before,
      application: { own: [], repository: location },
      revision: after,
      codeSearch,
    });
    return { one, compared };
  } finally {
    repository[Symbol.dispose]();
  }
}
