import type { RequestRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { jobNames } from '../../workers/jobs.ts';
import { type CommandContext, type CommandResult, defineCommand } from './command.ts';
import { findRequestById, readRequestId } from './request-id.ts';
import { wordsSchema } from './words.ts';

const mostLookedAt = 20;

export const retry = defineCommand({
  name: 'retry',
  usage: 'retry [<request id>]',
  summary: 'runs the last command that failed in this thread or channel again, or the one named',
  options: {},
  examples: ['retry', 'retry 0192aaaa-0000-7000-8000-000000000000'],
  parse: wordsSchema.transform(readRequestId),
  async run({ id }, context): Promise<CommandResult> {
    const found = await (id === undefined ? getLastFailed(context) : findRequestById(context, id, 'retry'));
    const command = context.commands.find(({ name }) => name === found.command);
    if (command === undefined) {
      throw new AvalancheError(
        'REQUEST_UNKNOWN',
        `Cannot retry the request "${found.id}": what was typed in it was not understood`,
      );
    }
    return await command.restore(found.arguments).run({ ...context, aim: context.aimAs(command.name) });
  },
});

async function getLastFailed({ store, request }: CommandContext): Promise<RequestRow> {
  const { teamId, channelId, threadTs } = request;
  const place = { teamId, channelId, ...(threadTs === null ? {} : { threadTs }) };
  const failed = await store.listRequests({ states: ['failed'], place, limit: mostLookedAt });
  const last = failed.find(({ command }) => (jobNames as readonly string[]).includes(command));
  if (last !== undefined) return last;
  const where = threadTs === null ? 'channel' : 'thread';
  throw new AvalancheError('REQUEST_UNKNOWN', `Cannot retry: nothing failed in this ${where}`);
}
