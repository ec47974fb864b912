import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const shopFolder = fileURLToPath(new URL('./shop/', import.meta.url));
const hourMs = 3_600_000;

type Commit = {
  subject: string;
  body?: string;
  author: { name: string; email: string };
  hoursAgo: number;
  /** Paths in the shop's repository. */
  files: string[];
  /** Where their content is taken from: the shop as it was built, or as this deploy changed it. */
  from: 'shop' | 'shop/deployed';
};

const mara = { name: 'Mara Lindqvist', email: 'mara@shop.example' };
const teo = { name: 'Teo Okafor', email: 'teo@shop.example' };
const ines = { name: 'Ines Duarte', email: 'ines@shop.example' };
const jonas = { name: 'Jonas Weber', email: 'jonas@shop.example' };

const healthyCommits: Commit[] = [
  {
    subject: 'Show products of the catalogue',
    author: mara,
    hoursAgo: 24 * 41 + 3,
    files: ['package.json', 'README.md', 'money.ts', 'catalogue.ts', 'product-page.ts', 'related.ts'],
    from: 'shop',
  },
  {
    subject: 'Search the catalogue by the beginnings of words',
    author: teo,
    hoursAgo: 24 * 33 + 6,
    files: ['search.ts'],
    from: 'shop',
  },
  {
    subject: 'Quote carts, with the best price rule for every line',
    author: ines,
    hoursAgo: 24 * 26 + 1,
    files: ['discounts.ts', 'price-rules.ts', 'cart.ts'],
    from: 'shop',
  },
  { subject: 'Serve it over HTTP', author: mara, hoursAgo: 24 * 25 + 4, files: ['server.ts'], from: 'shop' },
  {
    subject: 'Add the load of an ordinary afternoon',
    author: jonas,
    hoursAgo: 24 * 12 + 2,
    files: ['load.ts'],
    from: 'shop',
  },
];

const planted = { function: 'applyPriceRules', file: 'discounts.ts' };

const deployedCommits: Commit[] = [
  {
    subject: 'Search: whole words before beginnings',
    body: 'People who type "pan" got pendants first.',
    author: teo,
    hoursAgo: 31,
    files: ['search.ts'],
    from: 'shop/deployed',
  },
  {
    subject: 'Price rules give way to better ones that exclude them',
    body: 'Campaigns say which others they may not be combined with.\nUntil now nobody listened.',
    author: ines,
    hoursAgo: 27,
    files: [planted.file],
    from: 'shop/deployed',
  },
  {
    subject: 'Product page: language and a heading for related products',
    author: mara,
    hoursAgo: 24,
    files: ['product-page.ts'],
    from: 'shop/deployed',
  },
  {
    subject: 'README: how to make load',
    author: jonas,
    hoursAgo: 22,
    files: ['README.md'],
    from: 'shop/deployed',
  },
];

/**
 * Builds the shop's repository: how it came about, a healthy revision, and the commits of a deploy, one
 * of which makes a function slow. The same `now` gives the same commit ids.
 *
 * @param folder made if missing; holds no repository yet
 * @param now milliseconds since 1970: the commits lie hours and weeks before it
 */
export async function buildShopHistory(
  folder: string,
  now: number,
): Promise<{
  healthyRevision: string;
  deployedRevision: string;
  plantedFunction: string;
  plantedFile: string;
  /** The commit that did it. */
  plantedRevision: string;
}> {
  await mkdir(folder, { recursive: true });
  await git(folder, ['init', '--quiet', '--initial-branch=main']);
  const revisions = new Map<Commit, string>();
  for (const commit of [...healthyCommits, ...deployedCommits]) {
    revisions.set(commit, await addCommit(folder, commit, now));
  }
  const plantedCommit = deployedCommits.find(({ files }) => files.includes(planted.file));
  return {
    healthyRevision: revisionOf(revisions, healthyCommits.at(-1)),
    deployedRevision: revisionOf(revisions, deployedCommits.at(-1)),
    plantedFunction: planted.function,
    plantedFile: planted.file,
    plantedRevision: revisionOf(revisions, plantedCommit),
  };
}

function revisionOf(revisions: Map<Commit, string>, commit: Commit | undefined): string {
  const revision = commit === undefined ? undefined : revisions.get(commit);
  if (revision === undefined)
    throw new RangeError('Cannot name the revision: its commit is not in the history');
  return revision;
}

async function addCommit(folder: string, commit: Commit, now: number): Promise<string> {
  const { subject, body, author, hoursAgo, files, from } = commit;
  for (const file of files) await copyFile(join(shopFolder, '..', from, file), join(folder, file));
  await git(folder, ['add', '--', ...files]);
  const message = body === undefined ? subject : `${subject}\n\n${body}`;
  const date = `${Math.floor((now - hoursAgo * hourMs) / 1000)} +0000`;
  await git(folder, ['commit', '--quiet', '--message', message], {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    GIT_COMMITTER_DATE: date,
  });
  return (await git(folder, ['rev-parse', 'HEAD'])).trim();
}

/** Git without the settings of the person and the machine: no signing, no hooks, no templates of theirs. */
async function git(folder: string, words: string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', folder, ...words], {
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', ...environment },
  });
  return stdout;
}
