import { type Processes, runCli } from './bot/cli.ts';
import { ExitCode, type FileTools, type Terminal } from './bot/terminal/terminal-command.ts';
import type { Readiness } from './storage/readiness.ts';
import type { Running } from './storage/with-engines.ts';

// The one file that knows both bot and workers: here they are handed to each other. A room is loaded when it is
// used, so that `fold` does not wait for a queue and a database.

/** Supervisors kill after 30 s as a rule; everything that is stopped in good order takes less than 20. */
const longestStopMs = 20_000;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort();
    // What does not let itself be stopped is taken over by others.
    setTimeout(() => process.exit(1), longestStopMs).unref();
  });
}
// `avalanche fold … | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const terminal: Terminal = {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  directory: process.cwd(),
  signal: stop.signal,
  loadFileTools,
};

async function loadFileTools(): Promise<FileTools> {
  const { readLimits } = await import('./storage/read-limits.ts');
  const { createFileTools } = await import('./workers/file-tools.ts');
  return createFileTools(await readLimits(terminal));
}

const processes: Processes = {
  async chat(words) {
    const { runChatCommand } = await import('./bot/terminal/chat.ts');
    const { startWorkers } = await import('./workers/start-workers.ts');
    return await runChatCommand(words, terminal, startWorkers);
  },
  async configCheck() {
    const { checkConfig } = await import('./bot/terminal/config-check.ts');
    return checkConfig(terminal);
  },
  async start(rooms) {
    if (rooms === 'bot') {
      const { runBot } = await import('./bot/main.ts');
      const { openExploration } = await import('./workers/explore/open-exploration.ts');
      await runBot(terminal, stop.signal, { openExploration });
    } else if (rooms === 'workers') {
      const { runWorkers } = await import('./workers/main.ts');
      await runWorkers(terminal, stop.signal);
    } else {
      await runBoth();
    }
    return ExitCode.Done;
  },
};

/** Bot and workers in one process over the same engines: the only way in which the embedded ones can be shared. */
async function runBoth(): Promise<void> {
  const { runBot } = await import('./bot/main.ts');
  const { startWorkers } = await import('./workers/start-workers.ts');
  const { watchWorkers } = await import('./workers/watch-workers.ts');
  const { openExploration } = await import('./workers/explore/open-exploration.ts');
  const startBeside = async ({ config, engines, log }: Running, readiness: Readiness) => {
    watchWorkers(readiness, engines.queue);
    await startWorkers({ config, ...engines, log, now: Date.now });
  };
  await runBot(terminal, stop.signal, { openExploration, startBeside });
}

process.exitCode = await runCli(process.argv.slice(2), terminal, processes);
