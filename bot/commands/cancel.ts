import type { RequestRow } from '../../storage/database/store.ts';
import { AvalancheError, errorCodes } from '../../storage/errors.ts';
import { enqueue, jobNames, summaryReportSchema, type TextReport } from '../../workers/jobs.ts';
import { formatAge } from '../replies/format-values.ts';
import { type CommandContext, type CommandResult, defineCommand } from './command.ts';
import { findRequestById, readRequestId } from './request-id.ts';
import { retry } from './retry.ts';
import { wordsSchema } from './words.ts';

const mostListed = 10;

export const cancel = defineCommand({
  name: 'cancel',
  usage: 'cancel [<request id>]',
  summary: 'stops what runs in this thread or channel, or the request named',
  options: {},
  examples: ['cancel', 'cancel 0192aaaa-0000-7000-8000-000000000000'],
  parse: wordsSchema.transform(readRequestId),
  async run({ id }, context) {
    const found =
      id === undefined ? await findOnlyOne(context) : await findRequestById(context, id, 'cancel');
    return await cancelRequest(found, context);
  },
});

async function cancelRequest(found: RequestRow, context: CommandContext): Promise<CommandResult> {
  const { store, queue, request, now } = context;
  const cancelledBy = request.userId;
  const message = await buildLastMessage(found, context);
  const error = {
    code: 'REQUEST_CANCELLED' as const,
    message: `Cannot finish "${found.command}": it was cancelled by "${cancelledBy}"`,
    advice: errorCodes.REQUEST_CANCELLED.advice,
  };
  const isCancelled = await store.cancelRequest(found.id, { message, error });
  // Workers see it in the store; Slack hears of it at once.
  if (isCancelled) await enqueue(queue, 'deliver', `deliver-${found.id}-cancelled`, { requestId: found.id });
  const title = isCancelled
    ? `Cancelled: ${found.command}, asked for ${formatAge(found.createdAt, now())}`
    : `There is nothing to cancel: this ${found.command} has ended`;
  return {
    state: 'answered',
    report: { report: 'text', title, lines: [`Request ${found.id}`], error: null },
  };
}

/** In the place of what stands there: the summary, or the first sign of life of a command that has none. */
async function buildLastMessage(
  { id, command }: RequestRow,
  { store, request, now }: CommandContext,
): Promise<{ key: string; content: unknown }> {
  const cancelledBy = request.userId;
  const messages = await store.listMessages(id);
  const summary = summaryReportSchema.safeParse(messages.find(({ key }) => key === 'summary')?.content);
  if (summary.success) {
    const content = { ...summary.data, stage: 'cancelled' as const, finishedAt: now(), cancelledBy };
    return { key: 'summary', content };
  }
  const key = messages.find(({ kind }) => kind === 'progress')?.key ?? 'answer';
  const title = `Cancelled: ${command}`;
  const content: TextReport = { report: 'text', title, lines: [], error: null, cancelledBy };
  return { key, content };
}

const beginsWork = (command: string) =>
  command === retry.name || (jobNames as readonly string[]).includes(command);

/** What runs in this thread, or where the command was not given in one, in this channel. */
async function findOnlyOne({ store, request, now }: CommandContext): Promise<RequestRow> {
  const { teamId, channelId, threadTs } = request;
  const place = { teamId, channelId, ...(threadTs === null ? {} : { threadTs }) };
  const open = await store.listRequests({ states: ['accepted', 'running'], place, limit: 100 });
  const running = open.filter(({ command }) => beginsWork(command));
  const [only, ...others] = running;
  const where = threadTs === null ? 'channel' : 'thread';
  if (only === undefined)
    throw new AvalancheError('REQUEST_UNKNOWN', `Cannot cancel: nothing runs in this ${where}`);
  if (others.length === 0) return only;
  const names = running
    .slice(0, mostListed)
    .map(({ id, command, createdAt }) => `${id} (${command}, ${formatAge(createdAt, now())})`);
  throw new AvalancheError(
    'REQUEST_UNKNOWN',
    `Cannot cancel: ${running.length} requests run in this ${where}, name one of ${names.join(', ')}`,
  );
}
