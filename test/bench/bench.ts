// How fast recordings are read and asked, beside the peers: see docs/performance.md.
import { parseArgs } from 'node:util';
import { compareAsking } from './asking.ts';
import type { Usage } from './measure.ts';
import { makeRecording } from './recording.ts';
import { findPeers, ourSystems, type System } from './systems.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '250' },
    pairs: { type: 'string', default: '5' },
    /** `reading` or `asking`; both by default. */
    only: { type: 'string' },
  },
});

const recording = makeRecording(Number(values.size));
if ('missing' in recording) console.log(`skipped: ${recording.missing}`);
else if (values.only !== 'asking') await compare(recording.path, Number(values.pairs));
if (values.only !== 'reading') await compareAsking('missing' in recording ? null : recording.path);

/** All systems one after the other, again and again: what else the machine does meets them alike. */
async function compare(file: string, rounds: number): Promise<void> {
  const peers = findPeers(console.log);
  const systems = [...ourSystems, ...peers];
  await checkTotals(file, systems);
  const usages = new Map<System, Usage[]>(systems.map((system) => [system, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [system, measured] of usages) measured.push(await system.run(file));
    console.error(`round ${round} of ${rounds}`);
  }
  printTable(usages, peers);
}

/** No time counts for a wrong result. */
async function checkTotals(file: string, systems: readonly System[]): Promise<void> {
  let wanted = Number.NaN;
  for (const system of systems) {
    const total = await system.readTotal(file);
    if (Number.isNaN(wanted)) wanted = total;
    console.error(`${system.name}: a total of ${total}`);
    if (total > wanted || total < wanted * (1 - system.droppedRatio)) {
      throw new Error(`Cannot compare with ${system.name}: it has a total of ${total} (${wanted} wanted)`);
    }
  }
}

function printTable(usages: ReadonlyMap<System, readonly Usage[]>, peers: readonly System[]): void {
  const rows = [...usages].map(([system, measured]) => [
    system.name,
    (median(measured.map(({ userMs }) => userMs)) / 1e3).toFixed(2),
    Math.round(median(measured.map(({ peakMib }) => peakMib))).toString(),
    ...peers.map((peer) => describeRatio(usages.get(peer)!, measured)),
  ]);
  const head = ['', 'user CPU s', 'peak MiB', ...peers.map(({ name }) => `of ${name}`)];
  console.log(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

/** How many times the CPU of ours the peer takes, in the same round: median, lowest and highest. */
function describeRatio(peer: readonly Usage[], ours: readonly Usage[]): string {
  const ratios = peer.map(({ userMs }, round) => userMs / ours[round]!.userMs).sort((a, b) => a - b);
  return `${median(ratios).toFixed(1)} (${ratios[0]!.toFixed(1)}-${ratios.at(-1)!.toFixed(1)})`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
