import { App } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import type { SlackConfig } from '../storage/config.ts';
import type { TextReport } from '../workers/jobs.ts';
import { isLinkButton } from './buttons/button-actions.ts';
import { renderReport } from './replies/render-report.ts';
import type { Reply } from './replies/reply.ts';
import type { CommandInput, CommandOutcome } from './run-command.ts';
import { acknowledgeLate } from './slack/acknowledge-late.ts';
import { answerPress } from './slack/answer-press.ts';
import { toBoltLogger } from './slack/bolt-logger.ts';
import { postingOptions } from './slack/client-options.ts';
import { isOwnTeam, type SlackIdentity } from './slack/identity.ts';
import { type Mention, readMention } from './slack/mention.ts';
import { openReceiver } from './slack/open-receiver.ts';
import { PendingWork } from './slack/pending-work.ts';
import { type Press, readPress } from './slack/press.ts';
import type { ResponseUrls } from './slack/response-urls.ts';
import { slackSurface } from './slack/surface.ts';

export type SlackOptions = {
  config: SlackConfig;
  identity: SlackIdentity;
  /** For the few answers that are no stored message. */
  client: WebClient;
  log: Logger;
  now: () => number;
  /** `onRecorded` hears when the command is kept. */
  runCommand: (input: CommandInput, onRecorded?: () => void) => Promise<CommandOutcome>;
  responseUrls: ResponseUrls;
  /** The way in is gone and will not come back by itself. */
  onLost: (reason: string) => void;
};

/** A person wants to see something at once. What takes longer is answered afterwards. */
const acknowledgeMs = 200;
/** Slack waits 3 s. */
const longestAcknowledgeMs = 1_000;
const notTakenYet =
  'Not taken yet: the database does not answer. If nothing follows within half a minute, give the command again';
/** How long a bot that is stopped waits for commands that it has taken. */
const stopMs = 3_000;
/** Whoever gives the same slash command twice in this time did not trust the first. */
const repeatWindowMs = 3_000;

/** One for each event that the manifest subscribes to, and none besides. */
/** `retry` counts how often Slack has sent the event before. False when it could not be taken, and is to come again. */
type EventListener = (event: unknown, retry: number) => Promise<boolean>;
type EventListeners = Record<keyof typeof slackSurface.events, EventListener>;

type SlashCommand = {
  text: string;
  team_id: string;
  enterprise_id?: string | undefined;
  user_id: string;
  channel_id: string;
  response_url: string;
};

/**
 * The conversation's way in: Bolt with its receiver, and a listener for each way to give a command.
 *
 * @throws AvalancheError CONFIG_INVALID without a way in, SLACK_UNREACHABLE or SLACK_REFUSED when it does not open
 */
export async function connectSlack(
  options: SlackOptions,
): Promise<{ isConnected(): boolean; stop(): Promise<void> }> {
  const { config, identity, log } = options;
  const logger = toBoltLogger(log);
  const way = openReceiver(config, logger, options.onLost);
  const untaken = new WeakSet<object>();
  const app = new App({
    receiver: acknowledgeLate(way.receiver, untaken),
    token: config.botToken ?? '',
    // With both ids given Bolt never asks Slack who it is, so no event waits for that.
    botId: identity.botId,
    botUserId: identity.botUserId,
    clientOptions: postingOptions({ apiUrl: config.apiUrl, logger }),
    convoStore: false,
    deferInitialization: true,
    logger,
  });
  await app.init();
  app.error(async (error) => log.error({ err: error }, 'Slack listener failed'));
  const pending = new PendingWork();
  for (const { command: name } of slackSurface.commands) {
    app.command(name, ({ command, ack }) => pending.keep(answerSlashCommand(command, ack, options)));
  }
  const eventListeners: EventListeners = {
    app_mention: (event, retry) => answerMention(readMention(event, identity.botUserId), retry, options),
  };
  for (const [name, listen] of Object.entries(eventListeners)) {
    app.event(name, ({ event, body, context }) =>
      pending.keep(
        listen(event, context.retryNum ?? 0).then((isTaken) => {
          if (!isTaken) untaken.add(body);
        }),
      ),
    );
  }
  app.action(/.*/, async ({ ack, body }) => {
    // Before anything else: buttons that are links send an action too, and unacknowledged Slack shows a warning.
    await ack();
    const press = readPress(body);
    if (press === undefined || isLinkButton(press.actionId)) return;
    await pending.keep(answerPress(press, { ...options, whisper: (to, said) => whisper(to, said, options) }));
  });
  await way.start();
  return {
    isConnected: () => way.isConnected(),
    async stop() {
      // First what waits for its acknowledgement, which needs the way; then what came meanwhile.
      await pending.settle(stopMs);
      await way.stop();
      await pending.settle(stopMs);
    },
  };
}

async function answerSlashCommand(
  command: SlashCommand,
  ack: (reply: Reply & { response_type: 'ephemeral' }) => Promise<void>,
  options: SlackOptions,
): Promise<void> {
  const { identity, responseUrls, now } = options;
  // The connection may break while we work; the answer has another way.
  const acknowledge = (reply: Reply) =>
    ack({ response_type: 'ephemeral', ...reply }).then(
      () => true,
      () => responseUrls.answer(command.response_url, reply),
    );
  if (!isOwnTeam(identity, { teamId: command.team_id, enterpriseId: command.enterprise_id })) {
    await acknowledge(renderText('Avalanche answers to people of its own workspace only', now()));
    return;
  }
  const recorded = Promise.withResolvers<'recorded'>();
  const running = runSlashCommand(command, options, () => recorded.resolve('recorded'));
  const soon = pause(acknowledgeMs).then(() => recorded.promise);
  const outcome = await Promise.race([running, soon, pause(longestAcknowledgeMs)]);
  if (typeof outcome === 'object') {
    if (await acknowledge(renderOutcome(outcome, now()))) await outcome.close();
    return;
  }
  // What is not recorded is lost when this process ends now: nobody is told that it was taken.
  const title = outcome === 'recorded' ? 'Taken, this takes a moment' : notTakenYet;
  await acknowledge(renderText(title, now()));
  const late = await running;
  if (await responseUrls.answer(command.response_url, renderOutcome(late, now()))) await late.close();
}

async function runSlashCommand(
  command: SlashCommand,
  { runCommand, responseUrls }: SlackOptions,
  onRecorded: () => void,
): Promise<CommandOutcome> {
  const { team_id, user_id, channel_id, text, response_url } = command;
  const input: CommandInput = {
    source: 'slash-command',
    typed: text,
    teamId: team_id,
    channelId: channel_id,
    threadTs: null,
    userId: user_id,
    repeat: { identity: [team_id, user_id, channel_id, text], windowMs: repeatWindowMs },
  };
  const outcome = await runCommand(input, onRecorded);
  responseUrls.remember(outcome.requestId, response_url);
  return outcome;
}

async function answerMention(
  mention: Mention | undefined,
  retry: number,
  options: SlackOptions,
): Promise<boolean> {
  if (mention === undefined) return true;
  const { identity, log, runCommand } = options;
  const { channel, ts, threadTs, userId, text } = mention;
  const teamId = mention.teamId ?? identity.teamId;
  if (!isOwnTeam(identity, { teamId })) {
    log.info({ channel, teamId }, 'Mention from another workspace ignored');
    return true;
  }
  const outcome = await runCommand({
    source: 'mention',
    typed: text,
    teamId,
    channelId: channel,
    threadTs,
    userId,
    repeat: { identity: [teamId, channel, ts], windowMs: null },
  });
  if (!outcome.isRecorded && retry === 0) await tellUnrecorded(outcome, mention, options);
  return outcome.isRecorded;
}

/** Once, and best effort: Slack sends the mention again at once, after a minute and after five. */
async function tellUnrecorded(
  { report, requestId }: CommandOutcome,
  { channel, threadTs }: Mention,
  { client, log, now }: SlackOptions,
): Promise<void> {
  const lines = ['Nothing is lost: it is tried again by itself, for the next five minutes'];
  const reply = renderReport({ ...report, lines }, { requestId, nowMs: now() });
  const inert = { parse: 'none', link_names: false } as const;
  await client.chat
    .postMessage({ channel, thread_ts: threadTs, ...reply, ...inert })
    .catch((error: unknown) => log.warn({ err: error, channel }, 'Mention could not be answered'));
}

async function whisper(press: Press, said: CommandOutcome | string, { responseUrls, now }: SlackOptions) {
  const reply = typeof said === 'string' ? renderText(said, now()) : renderOutcome(said, now());
  await responseUrls.answer(press.responseUrl, reply, press.threadTs);
}

function renderOutcome({ state, report, requestId }: CommandOutcome, nowMs: number): Reply {
  const where = 'The answer comes as a message in this channel, the details in its thread';
  const shown = state === 'started' ? { ...report, lines: [where, ...report.lines] } : report;
  return renderReport(shown, { requestId, nowMs });
}

function renderText(title: string, nowMs: number): Reply {
  const report: TextReport = { report: 'text', title, lines: [], error: null };
  return renderReport(report, { requestId: '', nowMs });
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
