import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { chooseEngine } from './engines/choose-engine.ts';
import type { Engine } from './engines/engine.ts';
import { type RecorderOptions, readOptions, UsageError, usage } from './options.ts';
import { Recording } from './recording.ts';

const passedOn = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
/** A terminal sends these to the app itself as well: passing them on would deliver them twice. */
const sentByTerminal = new Set<NodeJS.Signals>(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

/** Nobody may wait for a log volume that hangs. */
const longestFarewellMs = 10_000;

/** What the recorder has to say goes to stderr, each thing once, marked as its own. */
function createVoice(): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    said.add(text);
    process.stderr.write(`avalanche-recorder: ${text}\n`);
  };
}

/** @returns how the recorder itself should exit: as the app did */
async function run(options: RecorderOptions): Promise<number> {
  const say = createVoice();
  const signals = passSignalsOn();
  // As a container's first process the recorder would take the app down with it.
  process.on('uncaughtException', (error) => say(`a mistake of the recorder's own: ${error.message}`));
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-recorder-')).catch((error: Error) => {
    say(`the app runs unrecorded: ${error.message}`);
    return null;
  });
  try {
    const engine = folder === null ? null : await findEngine(options, folder, say);
    const app = startApp(options, engine);
    signals.passTo(app);
    const ended = appEnd(app);
    const recording = beginRecording(engine, app, { folder, options, say });
    const exitCode = await ended;
    const stopped = recording
      ?.stop()
      .catch((error: Error) => say(`cannot end the recording: ${error.message}`));
    await Promise.race([stopped, setTimeout(longestFarewellMs, null, { ref: false })]);
    return exitCode;
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function findEngine(options: RecorderOptions, folder: string, say: (text: string) => void) {
  const { engine, reasons } = await chooseEngine(options.engine, { folder, ...options });
  const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  if (engine === null) say(`the app runs unrecorded${why}`);
  else say(`records with ${engine.name} at ${options.rateHz} Hz${why}`);
  return engine;
}

function startApp({ command: [program, ...words] }: RecorderOptions, engine: Engine | null): ChildProcess {
  const env = { ...process.env, ...engine?.environment(process.env) };
  return spawn(program, words, { stdio: 'inherit', env });
}

function beginRecording(
  engine: Engine | null,
  app: ChildProcess,
  { folder, options, say }: { folder: string | null; options: RecorderOptions; say: (text: string) => void },
): Recording | null {
  if (engine === null || folder === null || app.pid === undefined) return null;
  try {
    return new Recording(engine, app.pid, { folder, options, say });
  } catch (error) {
    say(`the app runs unrecorded: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

/** Exit codes as shells give them: 127 and 126 when there is nothing to run, 128 + n for signal n. */
function appEnd(app: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    app.once('error', (error: NodeJS.ErrnoException) => {
      process.stderr.write(`avalanche-recorder: cannot run the command: ${error.message}\n`);
      resolve(error.code === 'ENOENT' ? 127 : 126);
    });
    app.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** From the first moment on no signal ends the recorder: what comes before the app runs waits for it. */
function passSignalsOn(): { passTo(app: ChildProcess): void } {
  let target: ChildProcess | null = null;
  const early: NodeJS.Signals[] = [];
  for (const signal of passedOn) {
    process.on(signal, () => {
      if (process.stdin.isTTY && sentByTerminal.has(signal)) return;
      if (target === null) early.push(signal);
      else target.kill(signal);
    });
  }
  return {
    passTo(app) {
      target = app;
      for (const signal of early) app.kill(signal);
    },
  };
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(`${usage}\n`);
  else process.exit(await run(options));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`avalanche-recorder: ${error.message}\n\n${usage}\n`);
  process.exit(2);
}
