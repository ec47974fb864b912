import { randomBytes, randomUUID } from 'node:crypto';
import { type ActionElement, actionElements } from './check-blocks.ts';
import type { Channel, Message, SlashCommand, User } from './model.ts';
import { answerCommand } from './response-url-answers.ts';
import type { ResponseUrls } from './response-urls.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { Delivery, SocketMode } from './socket-mode.ts';
import { encodeTypedText } from './typed-text.ts';
import type { World } from './world.ts';

export const slackbotId = 'USLACKBOT';

/** Longer than anybody types, shorter than what hurts. */
const typedTextLimit = 12_000;

export type Typed = { channel: string; user?: string | undefined; text: string };
export type Written = Typed & { threadTs?: string | null | undefined };
export type CommandOutcome = { state: 'acknowledged'; ackMs: number } | { state: 'failed'; error: string };
export type Pressed = {
  channel: string;
  ts: string;
  user?: string | undefined;
  actionId: string;
  value?: string | undefined;
};

/** What people do in the workspace: write, run commands, mention the bot, press buttons. */
export class People {
  readonly #world: World;
  readonly #socketMode: SocketMode;
  readonly #responseUrls: ResponseUrls;
  readonly #commands: readonly SlashCommand[];

  constructor(
    world: World,
    socketMode: SocketMode,
    responseUrls: ResponseUrls,
    commands: readonly SlashCommand[],
  ) {
    this.#world = world;
    this.#socketMode = socketMode;
    this.#responseUrls = responseUrls;
    this.#commands = commands;
  }

  /** Runs `/avalanche …`. The promise ends when the app has acknowledged, or when Slack gave up waiting. */
  async typeCommand({ channel: channelName, user: userName, text }: Typed): Promise<CommandOutcome> {
    const channel = this.#getChannel(channelName);
    const user = this.#getUser(userName);
    const [typed = '', ...rest] = checkTyped(text).trim().split(/(\s+)/);
    const command = this.#commands.find((one) => one.command === typed);
    if (command === undefined) {
      this.#whisper(
        channel,
        user,
        `\`${typed}\` is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.`,
      );
      return { state: 'failed', error: 'unknown_command' };
    }
    const delivery = await this.#socketMode.deliver({
      type: 'slash_commands',
      name: command.command,
      payload: this.#commandPayload(command, channel, user, rest.join('').trim()),
      acceptsAnswer: true,
    });
    return this.#concludeCommand(command, delivery, channel, user);
  }

  /**
   * What Enter in the composer does: a command, a mention, or just a message. Commands cannot be run in threads.
   * Ends when the message stands there or the command is acknowledged; an event may still be on its way.
   */
  async write({ threadTs, ...typed }: Written): Promise<void> {
    if (!typed.text.trimStart().startsWith('/')) {
      this.say({ ...typed, threadTs });
      return;
    }
    if (!threadTs) {
      await this.typeCommand(typed);
      return;
    }
    const [command] = typed.text.trim().split(/\s/);
    this.#whisper(
      this.#getChannel(typed.channel),
      this.#getUser(typed.user),
      `\`${command}\` is not supported in threads. Sorry!`,
      threadTs,
    );
  }

  /** A message of a person. When it mentions the bot, the app hears of it: `delivery` tells how that ended. */
  say({ channel: channelName, user: userName, text, threadTs }: Written): {
    message: Message;
    delivery: Promise<Delivery | null>;
  } {
    const channel = this.#getChannel(channelName);
    const user = this.#getUser(userName);
    const { workspace, bot } = this.#world;
    if (threadTs) workspace.getThreadParent(channel.id, threadTs);
    const encoded = encodeTypedText(checkTyped(text), workspace, { withNames: false });
    const message = workspace.post({
      channel: channel.id,
      user: user.id,
      text: encoded,
      threadTs: threadTs ?? null,
    });
    const isMention = encoded.includes(`<@${bot.userId}>`);
    if (isMention && !channel.botIsMember) {
      this.#whisper(
        channel,
        user,
        `You mentioned <@${bot.userId}>, but they're not in this channel.`,
        threadTs,
      );
    }
    const isHeard = isMention && channel.botIsMember && bot.scopes.includes('app_mentions:read');
    return { message, delivery: isHeard ? this.#tellOfMention(message) : Promise.resolve(null) };
  }

  /** Presses a button, or chooses an option, of a message. */
  async press({
    channel: channelName,
    ts,
    user: userName,
    actionId,
    value,
  }: Pressed): Promise<CommandOutcome> {
    const channel = this.#getChannel(channelName);
    const user = this.#getUser(userName);
    const message = this.#world.workspace
      .messagesOf(channel.id)
      .find((one) => one.ts === ts && (one.visibleTo === null || one.visibleTo === user.id));
    const block = message?.blocks.find((one) =>
      actionElements(one).some((element) => element.action_id === actionId),
    );
    const element = block && actionElements(block).find((one) => one.action_id === actionId);
    if (message === undefined || element === undefined) throw new SlackRefusal('message_not_found');
    const delivery = await this.#socketMode.deliver({
      type: 'interactive',
      name: 'block_actions',
      payload: this.#pressPayload(message, channel, user, block?.block_id ?? '', element, value),
      acceptsAnswer: false,
    });
    if (delivery.state === 'acknowledged') return { state: 'acknowledged', ackMs: delivery.ackMs };
    return {
      state: 'failed',
      error: delivery.state === 'too-late' ? 'operation_timeout' : 'dispatch_failed',
    };
  }

  #concludeCommand(
    { command }: SlashCommand,
    delivery: Delivery,
    channel: Channel,
    user: User,
  ): CommandOutcome {
    let error = delivery.state === 'too-late' ? 'operation_timeout' : 'dispatch_failed';
    if (delivery.state === 'acknowledged') {
      try {
        answerCommand(this.#world, { channel: channel.id, user: user.id, original: null }, delivery.answer);
        return { state: 'acknowledged', ackMs: delivery.ackMs };
      } catch (refusal) {
        if (!(refusal instanceof SlackRefusal)) throw refusal;
        error = 'invalid_command_response';
      }
    }
    this.#whisper(channel, user, `${command} failed with the error "${error}"`);
    return { state: 'failed', error };
  }

  #tellOfMention(message: Message): Promise<Delivery> {
    return this.#socketMode.deliverWithRetries({
      type: 'events_api',
      name: 'app_mention',
      payload: this.#mentionPayload(message),
      acceptsAnswer: false,
    });
  }

  #commandPayload(
    command: SlashCommand,
    channel: Channel,
    user: User,
    text: string,
  ): Record<string, unknown> {
    const { workspace, bot, url } = this.#world;
    const secret = this.#responseUrls.create({ channel: channel.id, user: user.id, original: null });
    return {
      token: 'playground',
      team_id: workspace.team.id,
      team_domain: workspace.team.domain,
      channel_id: channel.id,
      channel_name: channel.isPrivate ? 'privategroup' : channel.name,
      user_id: user.id,
      user_name: user.name,
      command: command.command,
      text: command.shouldEscape ? encodeTypedText(text, workspace, { withNames: true }) : text,
      api_app_id: bot.appId,
      is_enterprise_install: 'false',
      response_url: `${url}/commands/${workspace.team.id}/${secret}`,
      trigger_id: newTriggerId(),
    };
  }

  #mentionPayload(message: Message): Record<string, unknown> {
    const { workspace, bot } = this.#world;
    const parent =
      message.threadTs === null ? undefined : workspace.findMessage(message.channel, message.threadTs);
    return {
      token: 'playground',
      team_id: workspace.team.id,
      context_team_id: workspace.team.id,
      context_enterprise_id: null,
      api_app_id: bot.appId,
      event: {
        type: 'app_mention',
        user: message.user,
        ts: message.ts,
        client_msg_id: randomUUID(),
        text: message.text,
        team: workspace.team.id,
        ...(parent === undefined ? {} : { thread_ts: parent.ts, parent_user_id: parent.user }),
        channel: message.channel,
        event_ts: message.ts,
      },
      type: 'event_callback',
      event_id: `Ev${randomBytes(5).toString('hex').toUpperCase()}`,
      event_time: Math.floor(Number(message.ts)),
      authorizations: [
        {
          enterprise_id: null,
          team_id: workspace.team.id,
          user_id: bot.userId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: this.#getChannel(message.channel).isExternallyShared,
      event_context: randomBytes(12).toString('base64url'),
    };
  }

  #pressPayload(
    message: Message,
    channel: Channel,
    user: User,
    blockId: string,
    element: ActionElement,
    value?: string,
  ): Record<string, unknown> {
    const { workspace, bot, url } = this.#world;
    const secret = this.#responseUrls.create({ channel: channel.id, user: user.id, original: message });
    const thread = message.threadTs === null ? {} : { thread_ts: message.threadTs };
    return {
      type: 'block_actions',
      user: { id: user.id, username: user.name, name: user.name, team_id: workspace.team.id },
      api_app_id: bot.appId,
      token: 'playground',
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: channel.id,
        is_ephemeral: message.visibleTo !== null,
        ...thread,
      },
      trigger_id: newTriggerId(),
      team: { id: workspace.team.id, domain: workspace.team.domain },
      enterprise: null,
      is_enterprise_install: false,
      channel: { id: channel.id, name: channel.isPrivate ? 'privategroup' : channel.name },
      ...(message.visibleTo === null
        ? {
            message: {
              type: 'message',
              user: message.user,
              bot_id: bot.botId,
              ts: message.ts,
              text: message.text,
              blocks: message.blocks,
              ...thread,
            },
          }
        : {}),
      state: { values: {} },
      response_url: `${url}/actions/${workspace.team.id}/${secret}`,
      actions: [
        { ...describeAction(element, value), block_id: blockId, action_ts: workspace.newTimestamp() },
      ],
    };
  }

  /** A notice of Slack itself to one person. */
  #whisper(channel: Channel, user: User, text: string, threadTs?: string | null): void {
    this.#world.workspace.post({
      channel: channel.id,
      user: slackbotId,
      text,
      visibleTo: user.id,
      threadTs: threadTs ?? null,
    });
  }

  deleteMessage(channelName: string, ts: string): void {
    const { workspace } = this.#world;
    const message = workspace.findMessage(this.#getChannel(channelName).id, ts);
    if (message === undefined) throw new SlackRefusal('message_not_found');
    workspace.remove(message);
  }

  archiveChannel(channelName: string): void {
    this.#getChannel(channelName).isArchived = true;
  }

  #getChannel(idOrName: string): Channel {
    const channel = this.#world.workspace.findChannel(idOrName);
    if (channel === undefined) throw new SlackRefusal('channel_not_found');
    return channel;
  }

  #getUser(idOrName: string | undefined): User {
    const { workspace } = this.#world;
    const user =
      idOrName === undefined
        ? workspace.users.find(({ kind }) => kind === 'person')
        : workspace.findUser(idOrName);
    if (user === undefined) throw new SlackRefusal('user_not_found');
    return user;
  }
}

function describeAction(element: ActionElement, value: string | undefined): Record<string, unknown> {
  if (element.type === 'button') {
    const { type, action_id, text, value: own, style } = element;
    return {
      type,
      action_id,
      text,
      ...(own === undefined ? {} : { value: own }),
      ...(style === undefined ? {} : { style }),
    };
  }
  const selected = element.options.find((option) => option.value === value);
  if (selected === undefined) throw new SlackRefusal('invalid_arguments');
  return { type: element.type, action_id: element.action_id, selected_option: selected };
}

function checkTyped(text: string): string {
  if (text.trim() === '') throw new SlackRefusal('no_text');
  if (text.length > typedTextLimit) throw new SlackRefusal('msg_too_long');
  return text;
}

const newTriggerId = (): string =>
  `${Date.now()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`;
