import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, type Usage } from './measure.ts';

/** Something that is measured: one of ours, or a peer. */
export type System = {
  name: string;
  run(file: string): Promise<Usage>;
  /** The sum of all weights it finds, which must be the same for all. */
  readTotal(file: string): Promise<number>;
  /** What of it may be missing on purpose: inferno drops events without a stack. */
  droppedRatio: number;
};

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const avalanche = [process.execPath, root('avalanche.mjs')];
const parser = [process.execPath, root('test/bench/parse-recording.ts')];
// The one that avalanche.mjs keeps: the second start of any command finds it.
process.env.NODE_COMPILE_CACHE = root('node_modules/.cache/avalanche');

/** Reading the fourth file in one process: what a long-lived worker does. */
const warmTimes = '4';

export const ourSystems: readonly System[] = [
  {
    name: 'parse to a profile, cold',
    droppedRatio: 0,
    run: (file) => measure([...parser, file]),
    readTotal: async (file) => (await readReport([...parser, file])).total,
  },
  folding('avalanche fold', [...avalanche, 'fold']),
  {
    name: 'parse to a profile, warm',
    droppedRatio: 0,
    run: async (file) => {
      const { usage, userMs } = await readReport([...parser, file, warmTimes]);
      return { ...usage, userMs };
    },
    readTotal: async (file) => (await readReport([...parser, file, warmTimes])).total,
  },
];

/** Named by the environment; a line says what is left out. */
export function findPeers(say: (line: string) => void): System[] {
  const { STACKCOLLAPSE_PERF, INFERNO_COLLAPSE_PERF } = process.env;
  const peers = [
    {
      variable: 'STACKCOLLAPSE_PERF',
      path: STACKCOLLAPSE_PERF,
      name: 'stackcollapse-perf.pl',
      command: (path: string) => ['perl', path],
      droppedRatio: 0,
    },
    {
      variable: 'INFERNO_COLLAPSE_PERF',
      path: INFERNO_COLLAPSE_PERF,
      name: 'inferno-collapse-perf -n 1',
      command: (path: string) => [path, '-n', '1'],
      droppedRatio: 0.01,
    },
  ];
  return peers.flatMap(({ variable, path, name, command, droppedRatio }) => {
    if (path !== undefined && existsSync(path)) return [folding(name, command(path), droppedRatio)];
    say(
      `left out: ${name} (${variable} names ${path === undefined ? 'no file' : `"${path}", which is not there`})`,
    );
    return [];
  });
}

function folding(name: string, command: readonly string[], droppedRatio = 0): System {
  return {
    name,
    droppedRatio,
    run: (file) => measure([...command, file]),
    readTotal: async (file) => sumFolded((await keepOutput([...command, file])).output),
  };
}

async function readReport(
  command: readonly string[],
): Promise<{ usage: Usage; userMs: number; total: number }> {
  const { usage, output } = await keepOutput(command);
  return { usage, ...JSON.parse(output.toString()) };
}

async function keepOutput(command: readonly string[]): Promise<{ usage: Usage; output: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'avalanche-bench-'));
  try {
    const path = join(folder, 'output');
    const usage = await measure(command, path);
    return { usage, output: readFileSync(path) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folded text may be longer than the longest string. */
function sumFolded(folded: Buffer): number {
  let total = 0;
  for (let end = folded.indexOf('\n'); end !== -1; end = folded.indexOf('\n', end + 1)) {
    total += Number(folded.toString('latin1', folded.lastIndexOf(' ', end) + 1, end));
  }
  return total;
}
