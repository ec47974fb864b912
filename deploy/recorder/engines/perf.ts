import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { lstat, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Member } from '../tar-member.ts';
import type { ClockPair, Engine, EngineSettings } from './engine.ts';
import { withNodeOptions } from './node-options.ts';

/**
 * perf writes the file `perf.data`; after each segment it renames it to `perf.data.` and the local
 * time in 16 digits. The map of the runtime's own code lies in /tmp, where perf and the runtimes want it.
 */
const finishedSegment = /^perf\.data\.\d{16}$/;
/** Node writes names of compiled code to /tmp/perf-PID.map, those of interpreted functions among them. */
const nodeOptions = '--perf-basic-prof --interpreted-frames-native-stack';
const probeMs = 10_000;
const finishMs = 3_000;
const stderrTail = 2_000;

/** @throws Error whose message says in one line why perf cannot record here */
export async function openPerfEngine(settings: EngineSettings): Promise<Engine> {
  await probePerf(settings);
  return new PerfEngine(settings);
}

/** A recording of nothing, with the very options used later: the only test of rights that does not lie. */
async function probePerf(settings: EngineSettings): Promise<void> {
  const words = [...recordWords(settings), '-o', join(settings.folder, 'probe.data'), '--', 'true'];
  try {
    await promisify(execFile)('perf', words, {
      env: perfEnvironment(),
      timeout: probeMs,
      killSignal: 'SIGKILL',
    });
  } catch (error) {
    throw new Error(describeFailure(error as NodeJS.ErrnoException & { stderr?: string }), { cause: error });
  }
}

function describeFailure({
  code,
  stderr = '',
  message,
}: NodeJS.ErrnoException & { stderr?: string }): string {
  if (code === 'ENOENT') return 'perf is not installed';
  return `perf says: ${tellingLine(stderr) ?? message}`;
}

/** The line of perf's output that names the cause; the lines around it advise at length. */
function tellingLine(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  return (
    lines.find((line) =>
      /permission|paranoid|not supported|not permitted|unknown option|invalid|failed/i.test(line),
    ) ?? lines.findLast((line) => line !== '' && !line.startsWith('[ perf record'))
  );
}

/**
 * cpu-clock: hardware counters are missing in most virtual machines. CLOCK_MONOTONIC: the clock whose
 * wall time we can tell. No build ids: they would be copied into $HOME. No BPF events: collecting
 * them holds perf up for a second at its start.
 */
function recordWords({ rateHz }: EngineSettings): string[] {
  return [
    ...['record', '-k', 'CLOCK_MONOTONIC', '-e', 'cpu-clock', '-F', String(rateHz), '-g', '-m', '32'],
    ...['--no-buildid', '--no-buildid-cache', '--no-bpf-event'],
  ];
}

/** A perfconfig of the user's would change what is recorded. */
function perfEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PERF_CONFIG: '/dev/null' };
}

class PerfEngine implements Engine {
  readonly name = 'perf';
  readonly segmentFolder: string;
  readonly #settings: EngineSettings;
  #perf: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.segmentFolder = settings.folder;
  }

  environment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return withNodeOptions(inherited, nodeOptions);
  }

  memberName(fileName: string): string | null {
    return finishedSegment.test(fileName) ? `tmp/perf/${fileName}` : null;
  }

  start(pid: number, onEnd: (reason: string) => void): void {
    const target = ['-p', String(pid), `--switch-output=${switchLength(this.#settings.segmentMs)}`];
    const words = [...recordWords(this.#settings), ...target, '-o', join(this.segmentFolder, 'perf.data')];
    // A session of its own: Ctrl-C in a terminal is for the app, which may take its time to end.
    const perf = spawn('perf', words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: perfEnvironment(),
      detached: true,
    });
    let said = '';
    perf.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-stderrTail);
    });
    this.#perf = perf;
    this.#ended = new Promise((resolve) => {
      perf.once('error', (error) => {
        onEnd(error.message);
        resolve();
      });
      perf.once('close', (code, signal) => {
        // perf ends by itself when the app does, a moment before we hear of it.
        if (!this.#stopping && code !== 0)
          onEnd(`perf ended (${signal ?? code}): ${tellingLine(said) ?? 'no word'}`);
        resolve();
      });
    });
  }

  async companions(pid: number): Promise<Member[]> {
    const path = mapPath(pid);
    const bytes = await wholeLines(path);
    return bytes === 0 ? [] : [{ name: `tmp/perf-${pid}.map`, content: { path, bytes } }];
  }

  clock(): ClockPair {
    return { wallMs: Date.now(), monotonicMs: Number(process.hrtime.bigint()) / 1e6 };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const interrupt = setTimeout(() => this.#perf?.kill('SIGINT'), finishMs / 3);
    const kill = setTimeout(() => this.#perf?.kill('SIGKILL'), finishMs);
    await this.#ended;
    clearTimeout(interrupt);
    clearTimeout(kill);
  }

  async cleanUp(pid: number): Promise<void> {
    const path = mapPath(pid);
    const found = await lstat(path).catch(() => null);
    if (found?.isFile() && found.uid === process.getuid?.()) await rm(path, { force: true });
  }
}

function mapPath(pid: number): string {
  return `/tmp/perf-${pid}.map`;
}

/** perf takes whole seconds here. */
function switchLength(segmentMs: number): string {
  return `${Math.max(1, Math.round(segmentMs / 1000))}s`;
}

/**
 * How many bytes of a file that grows are whole lines; 0 when there is no such file of the app's own.
 * /tmp belongs to everybody: what is a link or no plain file is left alone.
 */
async function wholeLines(path: string): Promise<number> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isFile()) return 0;
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - 64 * 1024);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return start + buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
  } finally {
    await file.close();
  }
}
