import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limitsSchema } from '../../storage/config.ts';
import { buildCallTree, type CallTree } from '../../storage/profile/call-tree.ts';
import { buildTopTable } from '../../storage/profile/top-table.ts';
import { ingestFile } from '../../workers/snapshot/ingest/ingest-file.ts';
import { nameFrames } from '../../workers/suspect/frames/name-frames.ts';
import { containerRoot } from './score-cases.ts';

/** What can be said from one recording by looking for the hottest own function, hottest first. */
export async function rankByHottest(path: string): Promise<string[]> {
  const { profile, anatomy } = await readNamed(path);
  return buildTopTable(profile)
    .filter(({ frame, self }) => self > 0 && anatomy[frame]!.category === 'own')
    .sort((a, b) => b.self - a.self)
    .map(({ frame }) => anatomy[frame]!.name);
}

const dominantRatio = 0.7;
const leastRatio = 0.1;
const mostDepth = 4;

/**
 * What the program that this one follows looked up: from the root down while one callee has 0.7 of its caller's
 * samples, then all functions at most four levels below that have 0.1 of the dominant one's, in the order of its
 * page: by depth, then by value. It looked at compiled code of a JIT alone; here own functions of all languages
 * count, without which it would name nobody in five of seven programs.
 */
export async function rankByOriginal(path: string): Promise<string[]> {
  const { profile, anatomy } = await readNamed(path);
  const tree = buildCallTree(profile);
  const children = listChildren(tree);
  let dominant = 0;
  for (let step = 0; step < 101; step++) {
    const next = children[dominant]!.find((row) => tree.total[row]! >= dominantRatio * tree.total[dominant]!);
    if (next === undefined) break;
    dominant = next;
  }
  const names: string[] = [];
  let level = [dominant];
  for (let depth = 0; depth <= mostDepth; depth++) {
    const large = level.filter((row) => tree.total[row]! >= leastRatio * tree.total[dominant]!);
    for (const row of large.sort((a, b) => tree.total[b]! - tree.total[a]!)) {
      const frame = anatomy[tree.frame[row]!];
      if (frame?.category === 'own' && !names.includes(frame.name)) names.push(frame.name);
    }
    level = level.flatMap((row) => children[row]!);
  }
  return names;
}

function listChildren({ parent }: CallTree): number[][] {
  const children: number[][] = Array.from(parent, () => []);
  for (let row = 1; row < parent.length; row++) children[parent[row]!]!.push(row);
  return children;
}

async function readNamed(path: string) {
  const workDirectory = await mkdtemp(join(tmpdir(), 'avalanche-'));
  try {
    const profile = await ingestFile(path, { limits: limitsSchema.parse({}), workDirectory });
    // Go code is told from libraries by the path of its module, which the repository would tell.
    return nameFrames(profile, {
      own: ['shop.example/orders'],
      repository: { url: '', containerRoot, sourceRoot: '' },
    });
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}
