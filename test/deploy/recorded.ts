import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limitsSchema } from '../../storage/config.ts';
import { type UnpackedFile, unpackArchive } from '../../workers/snapshot/unpack.ts';

/** perf may be installed and still not be permitted. */
export const perfWorks =
  spawnSync('perf', ['record', '-q', '-e', 'cpu-clock', '-o', '/dev/null', '--', 'true'], { timeout: 10_000 })
    .status === 0;

export type Recorded = {
  names: string[];
  description: Record<string, unknown> & {
    tool: string;
    process: { pid: number; comm: string };
    clock: { wallMs: number; monotonicMs: number };
  };
  /** Wall time of each sample on the CPU, and whether it lies below the function. */
  samples: { wallMs: number; isBelow: boolean }[];
};

/** Reads an archive of the recorder's as somebody without our ingest would: with perf itself, or JSON. */
export async function readRecorded(archivePath: string, functionName: string): Promise<Recorded> {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-recorded-'));
  try {
    const files = await unpackArchive(archivePath, folder, limitsSchema.parse({}));
    const [description] = await readFiles(files, /^tmp\/recording\.json$/);
    const recorded = JSON.parse(description ?? 'null') as Recorded['description'];
    const samples =
      recorded.tool === 'perf'
        ? await perfSamples(files, folder, functionName)
        : await v8Samples(files, functionName);
    const { wallMs, monotonicMs } = recorded.clock;
    return {
      names: files.map(({ name }) => name),
      description: recorded,
      samples: samples.map(({ timeMs, isBelow }) => ({ wallMs: wallMs + timeMs - monotonicMs, isBelow })),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function shareBelow({ samples }: Recorded): number {
  return samples.filter(({ isBelow }) => isBelow).length / samples.length;
}

function readFiles(files: UnpackedFile[], name: RegExp): Promise<string[]> {
  return Promise.all(files.filter((file) => name.test(file.name)).map(({ path }) => readFile(path, 'utf8')));
}

/** Only the app's own code is named, from the map: perf takes a second a segment to name all that is in Node. */
async function perfSamples(files: UnpackedFile[], folder: string, functionName: string) {
  const [map = ''] = await readFiles(files, /\.map$/);
  const ranges = parseMap(map, functionName);
  const segments = files.filter(({ name }) => name.startsWith('tmp/perf/perf.data.'));
  return segments.flatMap(({ path }) => {
    const words = ['script', '--no-inline', '--symfs', folder, '-i', path];
    const text = execFileSync('perf', words, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 28,
    });
    const samples = text.split('\n\n').filter((sample) => sample.trim() !== '');
    return samples.map((sample) => ({
      timeMs: Number(/ (\d+\.\d+): /.exec(sample)?.[1]) * 1000,
      isBelow: Array.from(sample.matchAll(/^\s+([0-9a-f]+) .*\.map\)$/gm)).some(([, address]) =>
        ranges(Number(`0x${address}`)),
      ),
    }));
  });
}

/** Whether an address lies in the function. Code moves: the last line that covers an address counts. */
function parseMap(map: string, functionName: string): (address: number) => boolean {
  const lines = map
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [start = '', size = ''] = line.split(' ', 2);
      const begin = Number(`0x${start}`);
      return { begin, end: begin + Number(`0x${size}`), isIt: line.includes(`${functionName} `) };
    });
  return (address) => lines.findLast(({ begin, end }) => begin <= address && address < end)?.isIt ?? false;
}

type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string }; children?: number[] }[];
  startTime: number;
  samples: number[];
  timeDeltas: number[];
};

async function v8Samples(files: UnpackedFile[], functionName: string) {
  const texts = await readFiles(files, /\.cpuprofile$/);
  return texts.flatMap((text) => {
    const { nodes, startTime, samples, timeDeltas }: CpuProfile = JSON.parse(text);
    const parents = new Map(
      nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
    );
    const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
    let time = startTime;
    return samples.flatMap((id, index) => {
      time += timeDeltas[index] ?? 0;
      if (names.get(id) === '(idle)') return [];
      const path = [];
      for (let node: number | undefined = id; node !== undefined; node = parents.get(node))
        path.push(names.get(node));
      return [{ timeMs: time / 1000, isBelow: path.includes(functionName) }];
    });
  });
}

/** What lies in a folder, hidden files too. */
export function listNames(folder: string): Promise<string[]> {
  return readdir(folder).then((names) => names.sort());
}
