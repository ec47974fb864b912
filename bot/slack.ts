import { App } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import type { SlackConfig } from '../storage/config.ts';
import type { TextReport } from '../workers/jobs.ts';
import { isLinkButton } from './buttons/button-actions.ts';
import { renderReport } from './replies/render-report.ts';
import type { Reply } from './replies/reply.ts';
import type { CommandInput, CommandOutcome } from './run-command.ts';
import { answerPress } from './slack/answer-press.ts';
import { toBoltLogger } from './slack/bolt-logger.ts';
import { postingOptions } from './slack/client-options.ts';
import { isOwnTeam, type SlackIdentity } from './slack/identity.ts';
import { type Mention, readMention } from './slack/mention.ts';
import { openReceiver } from './slack/open-receiver.ts';
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
  runCommand: (input: CommandInput) => Promise<CommandOutcome>;
  responseUrls: ResponseUrls;
  /** The way in is gone and will not come back by itself. */
  onLost: (reason: string) => void;
};

/** Slack wants an acknowledgement within 3 s, a person within one. What takes longer is answered afterwards. */
const acknowledgeMs = 500;
/** Whoever gives the same slash command twice in this time did not trust the first. */
const repeatWindowMs = 3_000;

/** One for each event that the manifest subscribes to, and none besides. */
type EventListeners = Record<keyof typeof slackSurface.events, (event: unknown) => Promise<void>>;

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
  const app = new App({
    receiver: way.receiver,
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
  for (const { command: name } of slackSurface.commands) {
    app.command(name, async ({ command, ack }) => answerSlashCommand(command, ack, options));
  }
  const eventListeners: EventListeners = {
    app_mention: (event) => answerMention(readMention(event, identity.botUserId), options),
  };
  for (const [name, listen] of Object.entries(eventListeners)) {
    app.event(name, async ({ event }) => listen(event));
  }
  app.action(/.*/, async ({ ack, body }) => {
    // Before anything else: buttons that are links send an action too, and unacknowledged Slack shows a warning.
    await ack();
    const press = readPress(body);
    if (press !== undefined && !isLinkButton(press.actionId))
      await answerPress(press, { ...options, whisper: (to, said) => whisper(to, said, options) });
  });
  await way.start();
  return { isConnected: () => way.isConnected(), stop: () => way.stop() };
}

async function answerSlashCommand(
  command: SlashCommand,
  ack: (reply: Reply & { response_type: 'ephemeral' }) => Promise<void>,
  options: SlackOptions,
): Promise<void> {
  const { identity, responseUrls, now } = options;
  const acknowledge = (reply: Reply) => ack({ response_type: 'ephemeral', ...reply });
  if (!isOwnTeam(identity, { teamId: command.team_id, enterpriseId: command.enterprise_id })) {
    return acknowledge(renderText('Avalanche answers to people of its own workspace only', now()));
  }
  const running = runSlashCommand(command, options);
  const outcome = await Promise.race([running, pause(acknowledgeMs)]);
  if (outcome !== undefined) return acknowledge(renderOutcome(outcome, now()));
  await acknowledge(renderText('Taken, this takes a moment', now()));
  await responseUrls.answer(command.response_url, renderOutcome(await running, now()));
}

async function runSlashCommand(
  command: SlashCommand,
  { runCommand, responseUrls }: SlackOptions,
): Promise<CommandOutcome> {
  const { team_id, user_id, channel_id, text, response_url } = command;
  const outcome = await runCommand({
    source: 'slash-command',
    typed: text,
    teamId: team_id,
    channelId: channel_id,
    threadTs: null,
    userId: user_id,
    repeat: { identity: [team_id, user_id, channel_id, text], windowMs: repeatWindowMs },
  });
  responseUrls.remember(outcome.requestId, response_url);
  return outcome;
}

async function answerMention(mention: Mention | undefined, options: SlackOptions): Promise<void> {
  if (mention === undefined) return;
  const { identity, log, now, runCommand } = options;
  const { channel, ts, threadTs, userId, text } = mention;
  const teamId = mention.teamId ?? identity.teamId;
  if (!isOwnTeam(identity, { teamId })) {
    log.info({ channel, teamId }, 'Mention from another workspace ignored');
    return;
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
  if (outcome.isRecorded) return;
  const reply = renderOutcome(outcome, now());
  await options.client.chat.postMessage({
    channel,
    thread_ts: threadTs,
    ...reply,
    parse: 'none',
    link_names: false,
  });
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
