import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure } from './measure.ts';

const program = fileURLToPath(new URL('measure-asking.ts', import.meta.url));
const rounds = 3;

/** What is printed of each measure, and what is wanted of it in ms. */
const rows: readonly (readonly [key: string, what: string, goalMs: number | null])[] = [
  ['countRange', '10 million samples: count a time range', 100],
  ['countPods', '10 million samples: count three pods in a time range', 100],
  ['heatmap', '10 million samples: heatmap', null],
  ['callTree', '10 million samples: call tree of a time range, 770,000 nodes', null],
  ['callTreeByCommand', '10 million samples: the same by command', null],
  ['topTable', '10 million samples: top table of a time range', null],
  ['load', 'load a stored profile of 1 million samples', 100],
  ['millionNodes', 'PNG of a tree of 1 million nodes', 250],
];

/**
 * How long the questions after reading take, as a table.
 *
 * @param recording null: those on made-up profiles only
 */
export async function compareAsking(recording: string | null): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'avalanche-bench-'));
  try {
    const folded = join(folder, 'part.folded');
    const words = recording === null ? [] : [recording, folded];
    const results: Record<string, number> = JSON.parse(
      execFileSync(process.execPath, [program, ...words], { encoding: 'utf8' }),
    );
    console.log('| warm, in a process | CPU ms | wanted |\n| --- | --- | --- |');
    for (const [key, what, goalMs] of rows) {
      console.log(`| ${what} | ${results[key]!.toFixed(0)} | ${goalMs === null ? '' : `<= ${goalMs}`} |`);
    }
    if (recording !== null) await compareRange(results, folded);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A time range of the recording to a picture of 1600 px, beside flamegraph.pl on the folded stacks of the same range. */
async function compareRange(results: Record<string, number>, folded: string): Promise<void> {
  const { range = 0, rangeSamples = 0, rangeBytes = 0 } = results;
  const what = `a time range of ${rangeSamples.toLocaleString('en')} samples to PNG`;
  console.log(`| ${what} | ${range.toFixed(0)} | <= 4 % of flamegraph.pl |`);
  console.log(`| its size | ${(rangeBytes / 1e3).toFixed(0)} kB | <= 100 kB |`);
  const { FLAMEGRAPH } = process.env;
  if (FLAMEGRAPH === undefined || !existsSync(FLAMEGRAPH)) {
    console.log('left out: flamegraph.pl (FLAMEGRAPH names no file)');
    return;
  }
  const taken: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const command = ['perl', FLAMEGRAPH, '--width', '1600', '--minwidth', '0.5', folded];
    taken.push((await measure(command)).userMs);
  }
  const peerMs = taken.sort((a, b) => a - b)[rounds >>> 1]!;
  const percent = ((100 * range) / peerMs).toFixed(1);
  console.log(`| flamegraph.pl on the same range | ${peerMs.toFixed(0)} | ours is ${percent} % of it |`);
}
