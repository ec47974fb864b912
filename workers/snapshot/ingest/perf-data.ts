import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AvalancheError } from '../../../storage/errors.ts';
import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat, Sniff } from './format.ts';
import { PerfScriptParser } from './perf-script-parser.ts';
import { PerfScriptProfile } from './perf-script-profile.ts';

/** What `perf record` writes. Its layout is perf's own business: `perf script` reads it. */
export const perfData: RecordingFormat = {
  name: 'perf.data',
  profileFormat: 'perf-script',
  sniff,
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const profile = new PerfScriptProfile(recording.name, context);
    const { limits, maps } = context;
    const parser = new PerfScriptParser(profile, { name: recording.name, limits, maps });
    const remarks = await runPerfScript(recording, context, (chunk) => parser.push(chunk));
    parser.end();
    for (const remark of remarks) context.builder.warn(`perf script: ${remark}`);
    const { kernel } = profile.comments;
    if (kernel !== null && kernel !== release()) {
      context.builder.warn(`recorded on kernel ${kernel}, its functions named by ${release()}`);
    }
    return profile.end();
  },
};

const magic = 'PERFILE2';
const swappedMagic = '2ELIFREP';

function sniff(beginning: Buffer, isWhole: boolean): Sniff {
  const first = beginning.latin1Slice(0, magic.length);
  if (first === magic || first === swappedMagic) return 'yes';
  return !isWhole && first.length < magic.length && magic.startsWith(first) ? 'need-more' : 'no';
}

/** What a sample has always, and what it may have. Those that this recording lacks are left out at the second try. */
const fields = ['comm', 'pid', 'tid', 'time', 'period', 'event', 'ip', 'sym', 'symoff', 'dso'];
const missingField = /Cannot print '(\w+)' field/;

type PerfScriptContext = Pick<ReadContext, 'limits' | 'workDirectory' | 'signal'>;

/**
 * Runs `perf script` on a recording and hands on its text as it comes, no faster than it is taken.
 *
 * @returns what perf remarked although all went well: a few lines
 * @throws AvalancheError RECORDING_DAMAGED, PERF_MISSING, PERF_FAILED; the signal's reason when aborted
 */
export async function runPerfScript(
  recording: OpenRecording,
  context: PerfScriptContext,
  onChunk: (chunk: Buffer) => void,
): Promise<string[]> {
  const file = recording.path ?? (await writeDown(recording, context));
  try {
    await checkHeader(file, recording.name);
    let wanted = fields;
    while (true) {
      const run = await runOnce(file, wanted, recording.name, context, onChunk);
      if (run.code === 0) return run.remarks;
      // perf says so before its first sample, so nothing is handed on twice.
      const missing = missingField.exec(run.remarks.join('\n'))?.[1];
      if (missing === undefined || !wanted.includes(missing)) throw perfFailed(recording.name, run);
      wanted = wanted.filter((field) => field !== missing);
    }
  } finally {
    if (recording.path === null) await rm(file, { force: true });
  }
}

/** perf wants a file it can seek in. */
async function writeDown(
  recording: OpenRecording,
  { workDirectory, signal }: PerfScriptContext,
): Promise<string> {
  const file = join(workDirectory, `${randomUUIDv7()}.perf.data`);
  try {
    await pipeline(recording.chunks, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return file;
}

const headerBytes = 104;
const pipeHeaderBytes = 16;

/** perf's own words for these two are "incompatible file format" and "failed to process type". */
async function checkHeader(path: string, name: string): Promise<void> {
  await using file = await open(path);
  const { size } = await file.stat();
  const header = Buffer.alloc(headerBytes);
  const { bytesRead } = await file.read(header, 0, headerBytes, 0);
  const readNumber = (at: number) =>
    Number(
      header.latin1Slice(0, magic.length) === magic ? header.readBigUInt64LE(at) : header.readBigUInt64BE(at),
    );
  const damaged = (state: string) =>
    new AvalancheError('RECORDING_DAMAGED', `Cannot read "${name}": perf.data ${state}`, { size });
  if (bytesRead >= pipeHeaderBytes && readNumber(8) === pipeHeaderBytes) return;
  if (bytesRead < headerBytes)
    throw damaged(`of ${size} bytes, cut inside its header (${headerBytes} bytes wanted)`);
  const dataOffset = readNumber(40);
  const dataBytes = readNumber(48);
  if (dataBytes === 0) {
    throw damaged('whose header says 0 bytes of samples: perf record is still writing it, or was killed');
  }
  if (dataOffset + dataBytes > size) {
    throw damaged(`of ${size} bytes, cut (its header wants ${dataOffset + dataBytes})`);
  }
}

/** True for a perf.data whose recorder has not finished it: the newest segment of a running recorder. */
export async function isUnfinished(path: string): Promise<boolean> {
  await using file = await open(path);
  const header = Buffer.alloc(headerBytes);
  const { bytesRead } = await file.read(header, 0, headerBytes, 0);
  return bytesRead === headerBytes && header[8] === headerBytes && header.readBigUInt64LE(48) === 0n;
}

type PerfRun = { code: number | null; exit: string; remarks: string[] };

/** The shell's exit code. */
const noSuchProgram = 127;

/** A fixed text for the shell: what comes from outside is an argument, never part of it. */
const limitMemory = 'ulimit -v "$1" && shift && exec "$@"';
const longestRemarks = 8 * 1024;
const mostRemarks = 10;

async function runOnce(
  file: string,
  wanted: readonly string[],
  name: string,
  context: PerfScriptContext,
  onChunk: (chunk: Buffer) => void,
): Promise<PerfRun> {
  const { limits, signal, workDirectory } = context;
  signal?.throwIfAborted();
  const memoryKib = String(Math.ceil(limits.perfScriptMemoryBytes / 1024));
  const perf = ['perf', 'script', '--force', '--header', '--show-lost-events', '--no-inline'];
  const input = ['--fields', wanted.join(','), '--input', file];
  const child = spawn('/bin/sh', ['-c', limitMemory, 'sh', memoryKib, ...perf, ...input], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: workDirectory,
    env: perfEnvironment(workDirectory),
  });
  const closed = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('error', () => resolve({ code: noSuchProgram, signal: null }));
    child.once('close', (code, killedBy) => resolve({ code, signal: killedBy }));
  });
  const stop = () => child.kill('SIGKILL');
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, limits.perfScriptMs);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const reading = collectRemarks(child).catch((error: unknown) => String(error));
    for await (const chunk of child.stdout) onChunk(chunk as Buffer);
    const exit = await closed;
    signal?.throwIfAborted();
    if (isLate) {
      throw new AvalancheError(
        'PERF_FAILED',
        `Cannot read "${name}": perf script did not end within ${limits.perfScriptMs} ms (set by limits.perfScriptMs)`,
      );
    }
    return describeRun(exit, await reading);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    stop();
    await closed;
  }
}

/** perf reads settings and plug-ins in HOME, and may ask servers for debug symbols: none of that here. */
function perfEnvironment(workDirectory: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: workDirectory,
    LC_ALL: 'C',
    PERF_CONFIG: '/dev/null',
    DEBUGINFOD_URLS: '',
  };
}

/** The first and bounded part of what perf writes to its standard error. */
async function collectRemarks({ stderr }: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let text = '';
  for await (const chunk of stderr) {
    if (text.length < longestRemarks) text += String(chunk).slice(0, longestRemarks - text.length);
  }
  return text;
}

function describeRun(
  { code, signal }: { code: number | null; signal: string | null },
  stderr: string,
): PerfRun {
  const remarks = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const exit = signal === null ? `exit code ${code}` : `killed by ${signal}`;
  return { code, exit, remarks: remarks.slice(0, mostRemarks) };
}

function perfFailed(name: string, { code, exit, remarks }: PerfRun): AvalancheError {
  const words = remarks.join(' | ').replaceAll(/\p{Cc}/gu, ' ');
  if (code === noSuchProgram) {
    return new AvalancheError(
      'PERF_MISSING',
      `Cannot read "${name}": perf is not installed here (perf script wanted)`,
    );
  }
  const said = words === '' ? 'and no word why' : `saying "${words}"`;
  return new AvalancheError('PERF_FAILED', `Cannot read "${name}": perf script ended with ${exit}, ${said}`);
}
