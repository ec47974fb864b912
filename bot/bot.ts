import { randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { Config } from '../storage/config.ts';
import type { RequestRow, Store } from '../storage/database/store.ts';
import { AvalancheError } from '../storage/errors.ts';
import type { JobQueue } from '../storage/queue.ts';
import { systemClock } from './delivery/clock.ts';
import type { MakeExplorerLink } from './delivery/explorer-link.ts';
import { toSlackMethods } from './delivery/slack-methods.ts';
import { createDelivery } from './delivery.ts';
import { renderReport } from './replies/render-report.ts';
import { beginAgain, type CommandInput, runCommand } from './run-command.ts';
import { toBoltLogger } from './slack/bolt-logger.ts';
import { postingOptions } from './slack/client-options.ts';
import { CountingWebClient } from './slack/counting-client.ts';
import { fetchIdentity } from './slack/identity.ts';
import { ResponseUrls } from './slack/response-urls.ts';
import { findSharedChannels } from './slack/shared-channels.ts';
import { findGroupMembers } from './slack/user-groups.ts';
import { connectSlack } from './slack.ts';
import { watchRequests } from './watch-requests.ts';

export type BotOptions = {
  config: Config;
  engines: { store: Store; queue: JobQueue; blobs: BlobStore };
  log: Logger;
  /** How links to the explorer are made; none are without. */
  explorerLink?: MakeExplorerLink | null;
  /** Slack cannot be heard any more, and the client has given up: the process is best started anew. */
  onLost?: (reason: string) => void;
};

const slackHooks = 'https://hooks.slack.com/';

/**
 * Starts the conversation: commands in, answers out.
 *
 * @throws AvalancheError CONFIG_INVALID, SLACK_REFUSED or SLACK_UNREACHABLE
 */
export async function startBot(options: BotOptions): Promise<{
  botUserId: string;
  /** Why commands do not arrive, or answers do not leave, at this moment; null when all is well. */
  findTrouble(): string | null;
  stop(): Promise<void>;
}> {
  const { config, engines, log } = options;
  const { store, queue, blobs } = engines;
  const botToken = getBotToken(config);
  const now = Date.now;
  const logger = toBoltLogger(log);
  const client = new CountingWebClient(botToken, postingOptions({ apiUrl: config.slack.apiUrl, logger }));
  const identity = await fetchIdentity(client);
  // What stands in for Slack's API sends addresses of its own.
  const responseUrls = new ResponseUrls({ bases: [slackHooks, config.slack.apiUrl], log, now });
  const delivery = createDelivery({
    store,
    blobs,
    slack: toSlackMethods(client),
    clock: systemClock,
    holder: `bot-${randomUUIDv7()}`,
    log,
    explorerLink: options.explorerLink ?? null,
    onRefused: (requestId, explanation) => {
      const title = 'Avalanche cannot answer in this channel';
      const report = {
        report: 'text' as const,
        title,
        lines: [explanation, `Request ${requestId}`],
        error: null,
      };
      void responseUrls.answerRequest(requestId, renderReport(report, { requestId, nowMs: now() }));
    },
  });
  const wakeDelivery = delivery.deliver;
  const findMembers = findGroupMembers(client, now);
  const isShared = findSharedChannels(client, now);
  const commandEngines = { config, store, queue, log, now, wakeDelivery, findMembers, isShared };
  const run = (input: CommandInput, onRecorded?: () => void) => {
    // Asked while the command is recorded, and known by the time it is wanted.
    void isShared(input.channelId).catch(() => {});
    return runCommand(input, { ...commandEngines, ...(onRecorded && { onRecorded }) });
  };
  const onLost =
    options.onLost ?? ((reason: string) => log.fatal({ reason }, 'Slack cannot be heard any more'));
  await delivery.start(queue);
  const begin = (request: RequestRow) => beginAgain(request, commandEngines);
  const watch = watchRequests({ store, queue, now, wakeDelivery, log, begin });
  const stopOutgoing = async () => {
    watch.stop();
    await delivery.stop();
  };
  try {
    const slack = await connectSlack({
      config: config.slack,
      identity,
      client,
      log,
      now,
      runCommand: run,
      responseUrls,
      onLost,
    });
    return {
      botUserId: identity.botUserId,
      findTrouble: () => {
        if (!slack.isConnected()) return 'no connection to Slack';
        const refusal = delivery.tokenRefusal();
        return refusal === null ? null : `Slack does not accept the bot token (${refusal})`;
      },
      stop: () => slack.stop().finally(stopOutgoing),
    };
  } catch (error) {
    await stopOutgoing();
    throw error;
  }
}

function getBotToken({ slack: { mode, botToken } }: Config): string {
  if (mode !== null && botToken !== null) return botToken;
  throw new AvalancheError(
    'CONFIG_INVALID',
    'Cannot start the bot: Slack is not configured (set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET)',
  );
}
