import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { release } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AvalancheError } from '../../../storage/errors.ts';
import type { Milliseconds } from '../../../storage/profile/profile.ts';
import type { OpenRecording, ReadContext, RecordingFormat } from './format.ts';
import { readPerfDataState, sniffPerfData } from './perf-data-header.ts';
import { PerfScriptParser } from './perf-script-parser.ts';
import { PerfScriptProfile } from './perf-script-profile.ts';

/** What `perf record` writes. Its layout is perf's own business: `perf script` reads it. */
export const perfData: RecordingFormat = {
  name: 'perf.data',
  profileFormat: 'perf-script',
  sniff: (beginning, isWhole) => {
    const answer = sniffPerfData(beginning);
    return answer === 'need-more' && isWhole ? 'no' : answer;
  },
  async read(recording: OpenRecording, context: ReadContext): Promise<Milliseconds> {
    const profile = new PerfScriptProfile(recording.name, context);
    const { limits, maps } = context;
    const parser = new PerfScriptParser(profile, { name: recording.name, limits, maps, keepsNames: false });
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
  // perf runs in the work folder, so the path may not be relative.
  const file = recording.path === null ? await writeDown(recording, context) : resolve(recording.path);
  try {
    await refuseIncomplete(file, recording.name);
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

async function refuseIncomplete(path: string, name: string): Promise<void> {
  const state = await readPerfDataState(path);
  if (state.state === 'whole') return;
  const reason =
    state.state === 'unfinished'
      ? 'its header says 0 bytes of samples: perf record is still writing it, or was killed'
      : `it has ${state.fileBytes} bytes (its header wants at least ${state.wantedBytes})`;
  throw new AvalancheError('RECORDING_DAMAGED', `Cannot read perf.data "${name}": ${reason}`, state);
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
