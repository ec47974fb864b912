// Makes the recordings of the cases named, or of all that have none: see the README beside this file.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gunzipSync, zstdCompressSync } from 'node:zlib';
import { findRecording, recordingPath } from './case-recordings.ts';
import { makeCaseRepository } from './case-repository.ts';
import { type RegressionCase, readCases } from './read-case.ts';
import { programs, recorders, toOutput } from './recorders.ts';

/** Recorded paths hold it: the same for all, whoever records. */
const folder = join(tmpdir(), 'avalanche-regressions', 'app');
const timeoutMs = 300_000;

const names = process.argv.slice(2);
for (const one of readCases()) {
  const isWanted = names.length === 0 ? !isRecorded(one) : names.some((name) => one.name.startsWith(name));
  if (isWanted) record(one);
}

function isRecorded({ name }: RegressionCase): boolean {
  return findRecording(name, 'before') !== null && findRecording(name, 'after') !== null;
}

function record(one: RegressionCase): void {
  const { repository, before, after } = makeCaseRepository(one);
  try {
    recordSide(one, 'before', repository.folder, before);
    recordSide(one, 'after', repository.folder, after);
  } finally {
    repository[Symbol.dispose]();
  }
}

function recordSide(
  one: RegressionCase,
  side: 'before' | 'after',
  repository: string,
  revision: string,
): void {
  const program = programs[one.program]!;
  const recorder = recorders[one.recorder]!;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('sh', ['-c', 'git -C "$1" archive "$2" | tar -x -C "$3"', 'sh', repository, revision, folder]);
  for (const command of program.build) run(command, null);
  const output = join(folder, `recording.${recorder.ending}`);
  const command = [...program.run(one.recorder), ...one.arguments[side]];
  for (const [first = '', ...rest] of recorder.commands(command, output)) {
    if (first === toOutput) run(rest, output);
    else run([first, ...rest], null);
  }
  const recorded = unpack(readFileSync(output));
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 12 } };
  const path = recordingPath(one.name, side, recorder.ending);
  writeFileSync(path, zstdCompressSync(recorded, level));
  console.log(`${path.slice(path.lastIndexOf('/') + 1)}: ${(recorded.length / 1e6).toFixed(1)} MB`);
}

/** pprof is compressed as it comes; one wrapping is enough. */
function unpack(recorded: Buffer): Buffer {
  return recorded[0] === 0x1f && recorded[1] === 0x8b ? gunzipSync(recorded) : recorded;
}

/** Kindly, since others may be measuring. */
function run(command: readonly string[], output: string | null): void {
  const sink = output === null ? null : openSync(output, 'w');
  const { status, error, stderr } = spawnSync('nice', command, {
    cwd: folder,
    stdio: ['ignore', sink ?? 'ignore', 'pipe'],
    timeout: timeoutMs,
    maxBuffer: 1024 ** 3,
  });
  if (sink !== null) closeSync(sink);
  if (status === 0 && (output === null || existsSync(output))) return;
  throw new Error(`Cannot run "${command.join(' ')}": ${error?.message ?? String(stderr).slice(-2000)}`);
}
