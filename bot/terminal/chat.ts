import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../storage/config.ts';
import type { MessageRow, RequestId } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import type { Engines } from '../../storage/open-engines.ts';
import { withEngines } from '../../storage/with-engines.ts';
import { fileKeyOf, isFile, messageKeys, type Report, reportSchema } from '../../workers/jobs.ts';
import { countBroken } from '../replies/doctor.ts';
import { formatReport } from '../replies/render-report.ts';
import { type CommandOutcome, runCommand } from '../run-command.ts';
import { ExitCode, type Terminal } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';

type StartWorkers = (context: Engines & { config: Config; log: Logger; now: () => number }) => Promise<void>;

const longestWaitMs = 10 * 60_000;
const lookEveryMs = 100;

/**
 * A command of the chat, typed in a terminal: the same path, with this terminal in the place of Slack. Embedded
 * engines belong to one process, so the workers then run in this one; else those that run elsewhere do the work.
 */
export async function runChatCommand(
  words: readonly string[],
  terminal: Terminal,
  startWorkers: StartWorkers,
): Promise<ExitCode> {
  // A terminal is for the answer; the log is for whoever asks for it.
  const environment = { AVALANCHE_LOG_LEVEL: 'silent', ...terminal.environment };
  return await withEngines({ ...terminal, environment }, async ({ config, engines, log }) => {
    const context = { config, ...engines, log, now: Date.now };
    if (config.queueUrl.startsWith('embedded:')) await startWorkers(context);
    else await checkWorkers(engines);
    const outcome = await runCommand(toInput(words, terminal), { ...context, wakeDelivery: () => {} });
    return await follow(outcome, config, engines, terminal);
  });
}

function toInput(typed: readonly string[], { environment }: Terminal) {
  return {
    source: 'terminal' as const,
    typed,
    teamId: '',
    channelId: '',
    threadTs: null,
    userId: environment.USER ?? '',
    // Whoever types a command twice in a terminal wants it twice.
    repeat: { identity: [String(process.pid), String(Date.now())], windowMs: null },
  };
}

async function checkWorkers({ queue }: Engines): Promise<void> {
  const state = await queue.state(['snapshot']);
  if ((state.snapshot?.workers ?? 0) > 0) return;
  throw new AvalancheError(
    'REQUEST_TIMED_OUT',
    `Cannot have the command done: no workers are alive on ${queue.describe()} (start them with "avalanche workers")`,
  );
}

/** Prints progress on stderr and results on stdout, as they come. */
async function follow(
  outcome: CommandOutcome,
  config: Config,
  { store, blobs }: Engines,
  terminal: Terminal,
): Promise<ExitCode> {
  if (outcome.state !== 'started') {
    const failed = outcome.state === 'failed';
    writeLines(failed ? terminal.stderr : terminal.stdout, formatReport(outcome.report).split('\n'));
    return failed ? ExitCode.Failed : ExitCode.Done;
  }
  const { requestId } = outcome;
  let lastProgress = '';
  for (const endAt = Date.now() + longestWaitMs; Date.now() < endAt; await wait(lookEveryMs)) {
    terminal.signal.throwIfAborted();
    const request = await store.findRequest(requestId);
    const messages = await store.listMessages(requestId);
    if (request !== undefined && request.state !== 'accepted' && request.state !== 'running') {
      await printResults(messages, config, blobs, terminal);
      return request.state === 'done' && !isBroken(messages) ? ExitCode.Done : ExitCode.Failed;
    }
    const progress = firstLine(messages);
    if (progress !== lastProgress) writeLines(terminal.stderr, [progress]);
    lastProgress = progress;
  }
  throw new AvalancheError(
    'REQUEST_TIMED_OUT',
    `Cannot wait longer for request "${requestId as RequestId}": it has no answer after ${longestWaitMs / 60_000} minutes`,
  );
}

/** Of an examination that did its work: what a script asks for is whether all is in order. */
function isBroken(messages: readonly MessageRow[]): boolean {
  return messages.some(({ content }) => {
    const report = reportSchema.parse(content);
    return report.report === 'doctor' && countBroken(report) > 0;
  });
}

function firstLine(messages: readonly MessageRow[]): string {
  const summary = messages.find(({ key }) => key === 'summary') ?? messages[0];
  return summary === undefined
    ? ''
    : (formatReport(reportSchema.parse(summary.content)).split('\n')[0] ?? '');
}

async function printResults(
  messages: readonly MessageRow[],
  config: Config,
  blobs: Engines['blobs'],
  terminal: Terminal,
): Promise<void> {
  const inOrder = messageKeys.flatMap((key) => messages.filter((message) => message.key === key));
  for (const { content, requestId } of inOrder) {
    const report: Report = reportSchema.parse(content);
    writeLines(terminal.stdout, formatReport(report).split('\n'));
    if (isFile(report)) {
      const folder = join(config.workDirectory, 'pictures');
      await mkdir(folder, { recursive: true });
      const ending = report.report === 'bundle' ? 'zip' : 'png';
      const path = join(folder, `${requestId}-${report.report}.${ending}`);
      await writeFile(path, await blobs.read(fileKeyOf(report)));
      writeLines(terminal.stdout, [path]);
    }
    writeLines(terminal.stdout, ['']);
  }
}
