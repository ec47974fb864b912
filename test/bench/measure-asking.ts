// A process of its own: how long the questions after reading take, warm, in ms of CPU. Prints one JSON object.
//   measure-asking.ts [RECORDING FOLDED]: of a part of RECORDING too, whose folded stacks are written to FOLDED
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FlameGraphInput } from '../../renderers/flame-graph.ts';
import { defaultLimits } from '../../storage/default-limits.ts';
import { buildCallTree, NO_FRAME } from '../../storage/profile/call-tree.ts';
import { decodeProfile, encodeProfile } from '../../storage/profile/codec.ts';
import { countOffsets } from '../../storage/profile/heatmap.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { sumSamples } from '../../storage/profile/selection.ts';
import { buildTopTable } from '../../storage/profile/top-table.ts';
import { exports } from '../../workers/snapshot/exports/exports.ts';
import { ingestFile } from '../../workers/snapshot/ingest/ingest-file.ts';
import { drawFlameGraphPicture } from '../../workers/snapshot/picture.ts';
import { nameFrames } from '../../workers/suspect/frames/name-frames.ts';
import { makeLargeProfile } from './large-profile.ts';

const times = 7;
/** Of these flamegraph.pl draws some 5,000 frames. */
const wantedSamples = 27_000;
const header = { title: 'a recording', subtitle: 'a part of it', suspects: [] };

/** The median; the first time warms it up. */
async function measure(run: () => unknown): Promise<number> {
  const measured: number[] = [];
  for (let time = 0; time <= times; time++) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    if (time > 0) measured.push((user + system) / 1e3);
  }
  return measured.sort((a, b) => a - b)[times >>> 1]!;
}

/** The largest last: what is in memory makes room dearer for what comes after it. */
async function measureLarge(): Promise<Record<string, number>> {
  const stored = encodeProfile(makeLargeProfile({ samples: 1_000_000, stacks: 150_000 }));
  const load = await measure(() => decodeProfile(stored));
  const million = buildCallTree(makeLargeProfile({ samples: 2_000_000, stacks: 1_220_000 }));
  const input = { ...million, category: () => 'own' as const, mark: () => 0 };
  const millionNodes = await measure(() => drawFlameGraphPicture({ input, ...header }));
  const large = makeLargeProfile({ samples: 10_000_000, stacks: 800_000 });
  const half = { fromMs: 25_000, toMs: 75_000 };
  const pods = ['shop-1', 'shop-2', 'shop-3'];
  return {
    load,
    millionNodes,
    countRange: await measure(() => sumSamples(large, half)),
    countPods: await measure(() => sumSamples(large, { ...half, pods })),
    callTree: await measure(() => buildCallTree(large, half)),
    callTreeByCommand: await measure(() => buildCallTree(large, half, { groupByComm: true })),
    topTable: await measure(() => buildTopTable(large, half)),
    heatmap: await measure(() => countOffsets(large.samples.timeMs, 50)),
  };
}

/** What the product draws, its frames named before: they are the same for every range. */
function openRecording(recorded: Profile) {
  const { profile, anatomy } = nameFrames(recorded, null);
  const inputOf = (selection: Selection): FlameGraphInput => {
    const tree = buildCallTree(profile, selection, { groupByComm: true });
    const anatomyOf = (row: number) => anatomy[tree.frame[row] ?? NO_FRAME];
    return {
      ...tree,
      name: (row) => anatomyOf(row)?.name ?? tree.name(row),
      category: (row) => anatomyOf(row)?.category ?? 'unknown',
      mark: () => 0,
    };
  };
  return {
    draw: (selection: Selection) => drawFlameGraphPicture({ input: inputOf(selection), ...header }),
  };
}

async function measurePart(file: string, folded: string): Promise<Record<string, number>> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'avalanche-bench-'));
  try {
    const profile = await ingestFile(file, { limits: defaultLimits, workDirectory });
    const { draw } = openRecording(profile);
    let toMs = 1_000;
    while (toMs < profile.recording.durationMs && sumSamples(profile, { toMs }) < wantedSamples) toMs += 500;
    const write = exports.find(({ name }) => name === 'folded')!.write(profile, { toMs });
    await pipeline(Readable.from(write), createWriteStream(folded));
    return {
      range: await measure(() => draw({ toMs })),
      rangeSamples: sumSamples(profile, { toMs }),
      rangeBytes: (await draw({ toMs })).bytes.length,
    };
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

const [file, folded] = process.argv.slice(2);
const part = file === undefined || folded === undefined ? {} : await measurePart(file, folded);
console.log(JSON.stringify({ ...(await measureLarge()), ...part }));
