import { createHash, randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../storage/config.ts';
import type {
  NewRequest,
  RequestId,
  RequestRow,
  RequestSource,
  Store,
  Target,
} from '../storage/database/store.ts';
import { AvalancheError, toAvalancheError } from '../storage/errors.ts';
import { commandsTotal } from '../storage/metrics.ts';
import type { JobQueue } from '../storage/queue.ts';
import { noteOutcome, traceRequest } from '../storage/tracing.ts';
import type { ErrorReport, TextReport } from '../workers/jobs.ts';
import { authorize, type FindMembers } from './authorize.ts';
import { restoreBreakGlass } from './break-glass.ts';
import { parseCommandLine } from './command-line.ts';
import type { CommandResult, PreparedCommand } from './commands/command.ts';
import { commands } from './commands/index.ts';
import { truncate } from './replies/escape.ts';

/** What somebody typed somewhere. */
export type CommandInput = {
  source: RequestSource;
  /** Text as Slack delivers it, or words from a shell. */
  typed: string | readonly string[];
  teamId: string;
  channelId: string;
  /** The thread it was typed in, as its parent's timestamp. */
  threadTs: string | null;
  userId: string;
  /** Equal keys are one command: `identity` alone, or within `windowMs` where a command has nothing that is its own. */
  repeat: { identity: readonly string[]; windowMs: number | null };
};

export type CommandEngines = {
  config: Config;
  store: Store;
  queue: JobQueue;
  log: Logger;
  now: () => number;
  /** Called when the request may have messages for Slack. */
  wakeDelivery: (requestId: RequestId) => void;
  /** Who is in a user group; nobody where there is no Slack. */
  findMembers?: FindMembers;
  /** Whether people of other workspaces are in a channel; in none where there is no Slack. */
  isShared?: (channelId: string) => Promise<boolean>;
  /** Called once the command is kept: from then on it is answered whatever happens to this process. */
  onRecorded?: () => void;
};

export type CommandOutcome = {
  requestId: RequestId;
  /**
   * 'answered' and 'failed': `report` is all there is. 'started': the request's messages will be the answer.
   * 'repeated': somebody, or a redelivery, asked the same a moment ago; nothing new was begun.
   */
  state: 'answered' | 'started' | 'failed' | 'repeated';
  report: TextReport;
  /** False when not even the request could be stored: nobody but the caller can tell the person. */
  isRecorded: boolean;
  /**
   * To be called once the person has been told. Until then the request of a slash command that needs no work stays
   * open, so that it is begun again where the process dies before its answer is out.
   */
  close(): Promise<void>;
};

type RequestEngines = CommandEngines & {
  /** The person cannot be answered alone. */
  answersEverybody?: boolean;
};

/** Engines that do not answer in this time do not answer. */
const longestRunMs = 20_000;

/**
 * The one path of a command, wherever it was typed: record it under a key that makes a repetition one request,
 * then run it. Never throws: what goes wrong is an answer, and ends the request as failed.
 */
export async function runCommand(input: CommandInput, engines: CommandEngines): Promise<CommandOutcome> {
  const parsed = readCommand(input.typed);
  const command = parsed instanceof AvalancheError ? 'not understood' : parsed.name;
  const id = randomUUIDv7() as RequestId;
  const attributes = { 'avalanche.command': command, 'avalanche.source': input.source };
  return traceRequest(id, { name: 'command', attributes, isRoot: true }, async () => {
    const outcome = await recordAndRun(id, input, parsed, engines);
    noteOutcome(outcome.state);
    commandsTotal.inc({ command, outcome: outcome.state });
    return outcome;
  });
}

async function recordAndRun(
  id: RequestId,
  input: CommandInput,
  parsed: PreparedCommand | AvalancheError,
  engines: CommandEngines,
): Promise<CommandOutcome> {
  try {
    return await withinTime(longestRunMs, acceptCommand(id, input, parsed, engines));
  } catch (error) {
    engines.log.error({ err: error, requestId: id, source: input.source }, 'Command could not be recorded');
    return {
      requestId: id,
      state: 'failed',
      report: reportError(error),
      isRecorded: false,
      close: nothingToClose,
    };
  }
}

async function acceptCommand(
  id: RequestId,
  input: CommandInput,
  parsed: PreparedCommand | AvalancheError,
  engines: CommandEngines,
): Promise<CommandOutcome> {
  const { request, isNew } = await recordRequest(id, input, parsed, engines);
  engines.onRecorded?.();
  // One that was recorded and never begun died in between: beginning it again does no harm, its jobs have fixed ids.
  if (!isNew && request.state !== 'accepted' && !isAnsweredAnew(request, parsed))
    return reportRepetition(request);
  return runRequest(request, parsed, engines);
}

/**
 * Begins a request whose process died before its work was queued. Doing so twice, or on two bots at once, does no
 * harm: jobs have fixed ids. Whoever gave a slash command cannot be told alone any more, so the channel is.
 */
export async function beginAgain(request: RequestRow, engines: CommandEngines): Promise<void> {
  await traceRequest(request.id, { name: 'begin again' }, () =>
    runRequest(request, restoreCommand(request), { ...engines, answersEverybody: true }),
  );
}

async function runRequest(
  request: RequestRow,
  parsed: PreparedCommand | AvalancheError,
  engines: RequestEngines,
): Promise<CommandOutcome> {
  if (parsed instanceof AvalancheError) return failRequest(request, parsed, engines);
  try {
    await refuseShared(request, parsed, engines);
    const aimAs = (command: string) => (target: Target) =>
      aimCommand({ request, parsed, command, target }, engines);
    const result = await parsed.run({ ...engines, request, commands, aim: aimAs(parsed.name), aimAs });
    return await finishCommand(request, result, engines);
  } catch (error) {
    return failRequest(request, error, engines);
  }
}

/** They tell nothing of any app. */
const harmless = ['help', 'cancel'];

/** @throws AvalancheError SHARED_CHANNEL */
async function refuseShared(
  { channelId, source }: RequestRow,
  { name }: PreparedCommand,
  { config, isShared = async () => false, log }: CommandEngines,
): Promise<void> {
  if (config.access.sharedChannels === 'allow' || source === 'terminal' || harmless.includes(name)) return;
  const state = await isShared(channelId).then(
    (shared) => (shared ? 'people of other workspaces are in this channel' : null),
    (error: unknown) => {
      log.warn({ err: error, channelId }, 'Slack does not say whether a channel is shared');
      return 'Slack does not say whether people of other workspaces are in this channel';
    },
  );
  if (state !== null) throw new AvalancheError('SHARED_CHANNEL', `Cannot run "${name}" here: ${state}`);
}

type Aimed = { request: RequestRow; parsed: PreparedCommand; command: string; target: Target };

/**
 * The one place where rights are looked at, for everything that is typed, pressed or begun again. Whoever breaks the
 * glass does so before everybody who is there.
 *
 * @throws AvalancheError NOT_ALLOWED
 */
async function aimCommand(
  { request, parsed, command, target }: Aimed,
  { config, store, findMembers = async () => new Set(), wakeDelivery }: CommandEngines,
): Promise<void> {
  const { app, environment } = target;
  await store.setAuditTarget(request.id, { app, environment });
  try {
    await authorize(config.access.rules, { who: request, command, target }, findMembers);
  } catch (error) {
    const { breakGlass: reason = null } = parsed;
    if (reason === null || !(error instanceof AvalancheError && error.code === 'NOT_ALLOWED')) throw error;
    await store.setAuditReason(request.id, reason);
    const content: TextReport = {
      report: 'text',
      title: `The glass was broken: "${command}" for ${app}-${environment}, which no rule allows here`,
      lines: [`Reason: ${reason}`],
      error: null,
      brokenBy: request.userId,
    };
    await store.writeMessage({ requestId: request.id, key: 'break-glass', kind: 'result', content });
    wakeDelivery(request.id);
  }
}

/** What was not understood has no name in its row: its text tells again why. */
function restoreCommand({ command: name, arguments: stored, text }: RequestRow) {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return restoreBreakGlass(command.restore(stored), stored);
  const parsed = readCommand(text);
  if (parsed instanceof AvalancheError) return parsed;
  return new AvalancheError(
    'COMMAND_UNKNOWN',
    `Cannot begin "${name}" again: it is no command of this version`,
  );
}

/** Answered by a message in the thread that everybody there sees, and not to the person alone. */
const isAnsweredInThread = ({ source }: RequestRow) => source === 'mention' || source === 'button';

/** What is repeated in a thread has its answer there; who repeats a slash command that only looks wants to look again. */
function isAnsweredAnew(request: RequestRow, parsed: PreparedCommand | AvalancheError): boolean {
  if (isAnsweredInThread(request)) return false;
  return parsed instanceof AvalancheError ? request.state === 'failed' : parsed.isReading;
}

function readCommand(typed: CommandInput['typed']): PreparedCommand | AvalancheError {
  try {
    return parseCommandLine(typed);
  } catch (error) {
    return toAvalancheError(error);
  }
}

async function recordRequest(
  id: RequestId,
  input: CommandInput,
  parsed: PreparedCommand | AvalancheError,
  { store, now }: CommandEngines,
): Promise<{ request: RequestRow; isNew: boolean }> {
  const { source, typed, teamId, channelId, threadTs, userId, repeat } = input;
  const text = typeof typed === 'string' ? typed : typed.join(' ');
  const identity = createHash('sha256')
    .update(JSON.stringify([source, ...repeat.identity]))
    .digest('hex');
  const row: NewRequest = {
    id,
    deduplicationKey: identity,
    source,
    command: parsed instanceof AvalancheError ? '' : parsed.name,
    arguments: parsed instanceof AvalancheError ? null : parsed.arguments,
    text: truncate(text, 200),
    teamId,
    channelId,
    threadTs,
    userId,
  };
  if (repeat.windowMs === null) return store.addRequest(row);
  const startedAt = now();
  const repeated = await findRepeated(store, row, startedAt - repeat.windowMs);
  if (repeated !== undefined) return { request: repeated, isNew: false };
  // Two at the very same time find nobody before them: the window's number decides between those.
  return store.addRequest({
    ...row,
    deduplicationKey: `${identity}-${Math.floor(startedAt / repeat.windowMs)}`,
  });
}

async function findRepeated(
  store: Store,
  { deduplicationKey: identity, teamId, channelId }: NewRequest,
  createdAfter: number,
): Promise<RequestRow | undefined> {
  const place = { teamId, channelId };
  const recent = await store.listRequests({ place, createdAfter, limit: 50 });
  return recent.find(({ deduplicationKey }) => deduplicationKey.startsWith(`${identity}-`));
}

async function finishCommand(
  request: RequestRow,
  result: CommandResult,
  engines: RequestEngines,
): Promise<CommandOutcome> {
  if (result.state === 'started') {
    engines.wakeDelivery(request.id);
    const report: TextReport = {
      report: 'text',
      title: result.echo,
      lines: [`Request ${request.id}`],
      error: null,
    };
    return { requestId: request.id, state: 'started', report, isRecorded: true, close: nothingToClose };
  }
  await answerInThread(request, result.report, engines);
  const close = await endRequest(request, engines, () => engines.store.setRequestState(request.id, 'done'));
  return { requestId: request.id, state: 'answered', report: result.report, isRecorded: true, close };
}

/** Ends it now, or where only the caller can tell the person, when that is done. */
async function endRequest(
  { source }: RequestRow,
  { answersEverybody = false }: RequestEngines,
  end: () => Promise<void>,
): Promise<CommandOutcome['close']> {
  if (source === 'slash-command' && !answersEverybody) return end;
  await end();
  return nothingToClose;
}

const nothingToClose = async () => {};

async function failRequest(
  request: RequestRow,
  cause: unknown,
  engines: RequestEngines,
): Promise<CommandOutcome> {
  const error = toAvalancheError(cause);
  const report = reportError(error);
  // Whoever cancelled it has said so already.
  if (error.code === 'REQUEST_CANCELLED')
    return { requestId: request.id, state: 'failed', report, isRecorded: true, close: nothingToClose };
  if (error.code === 'INTERNAL') engines.log.error({ err: cause, requestId: request.id }, 'Command failed');
  await closeSummary(request, report.error, engines);
  await answerInThread(request, report, engines);
  const { code, message, advice } = error;
  const close = await endRequest(request, engines, () =>
    engines.store.setRequestState(request.id, 'failed', { code, message, advice }),
  );
  return { requestId: request.id, state: 'failed', report, isRecorded: true, close };
}

/** A command that wrote its first message and then failed must not leave it saying that work goes on. */
async function closeSummary(
  { id }: RequestRow,
  error: ErrorReport | null,
  { store, wakeDelivery, now }: CommandEngines,
) {
  const messages = await store.listMessages(id);
  const summary = messages.find(({ key, kind }) => key === 'summary' && kind === 'progress');
  if (summary === undefined) return;
  const content = { ...(summary.content as object), stage: 'failed', finishedAt: now(), error };
  await store.writeMessage({ requestId: id, key: 'summary', kind: 'result', content });
  wakeDelivery(id);
}

/** A mention and a button are answered in their thread; a slash command and a terminal get the report itself, while they can. */
async function answerInThread(
  request: RequestRow,
  content: TextReport,
  { store, wakeDelivery, answersEverybody = false }: RequestEngines,
): Promise<void> {
  if (!isAnsweredInThread(request) && !answersEverybody) return;
  await store.writeMessage({ requestId: request.id, key: 'answer', kind: 'result', content });
  wakeDelivery(request.id);
}

function reportRepetition({ id, state }: RequestRow): CommandOutcome {
  const title =
    state === 'running' ? 'This command is running already' : 'This command was answered a moment ago';
  const report: TextReport = { report: 'text', title, lines: [`Request ${id}`], error: null };
  return { requestId: id, state: 'repeated', report, isRecorded: true, close: nothingToClose };
}

/** Our own mistakes may carry queries and addresses: those are for the log. */
function reportError(cause: unknown): TextReport {
  const { code, message, advice } = toAvalancheError(cause);
  const shown =
    code === 'INTERNAL' ? 'Cannot finish the command: something in Avalanche itself went wrong' : message;
  return { report: 'text', title: 'That did not work', lines: [], error: { code, message: shown, advice } };
}

async function withinTime<Value>(limitMs: number, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new AvalancheError(
        'ENGINE_UNREACHABLE',
        `Cannot run the command: the engines gave no answer within ${limitMs / 1_000} s`,
      ),
    );
  }, limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
