import { countCharacters } from '../check-blocks.ts';
import type { Message } from '../model.ts';
import { refuseWithMessages, SlackRefusal } from '../slack-refusal.ts';
import type { WebApiArguments } from '../web-api-arguments.ts';
import { cutText, findChannelById, getChannelToSpeakIn, readBlocks, type World } from '../world.ts';
import { botMethod, type Method } from './method.ts';

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': botMethod('chat:write', postMessage),
  'chat.update': botMethod('chat:write', updateMessage),
  'chat.postEphemeral': botMethod('chat:write', postEphemeral),
  'chat.delete': botMethod('chat:write', deleteMessage),
  'chat.getPermalink': botMethod(null, getPermalink),
};

/** Known to Slack; what they do cannot be seen here, so they are refused rather than dropped. */
const unsupported = ['attachments', 'markdown_text', 'username', 'icon_url', 'icon_emoji', 'reply_broadcast'];

/** chat.update refuses what chat.postMessage would still take. */
const updateTextLimit = 4_000;

function postMessage(values: WebApiArguments, world: World) {
  values.refuseUnsupported(unsupported);
  const { workspace, bot } = world;
  const channel = getChannelToSpeakIn(world, workspace.findChannel(values.neededText('channel')));
  const content = readContent(values, world);
  const threadTs = values.text('thread_ts') || null;
  if (threadTs !== null) workspace.getThreadParent(channel.id, threadTs);
  const message = workspace.post({
    channel: channel.id,
    user: bot.userId,
    threadTs,
    metadata: readMetadata(values),
    ...content,
  });
  return { channel: channel.id, ts: message.ts, message: messageAnswer(message, world) };
}

function updateMessage(values: WebApiArguments, world: World) {
  values.refuseUnsupported(unsupported);
  const message = getOwnMessage(values, 'ts', world, 'cant_update_message');
  if (countCharacters(values.text('text')) > updateTextLimit) throw new SlackRefusal('msg_too_long');
  const content = readContent(values, world);
  const hadRichText = message.blocks.some((block) => block.type === 'rich_text');
  const hasOtherKindsOnly =
    content.blocks.length > 0 && !content.blocks.some((block) => block.type === 'rich_text');
  if (hadRichText && hasOtherKindsOnly) throw new SlackRefusal('block_mismatch');
  const metadata = readMetadata(values);
  world.workspace.change(message, { ...content, ...(metadata === null ? {} : { metadata }) });
  return {
    channel: message.channel,
    ts: message.ts,
    text: message.text,
    message: messageAnswer(message, world),
  };
}

function postEphemeral(values: WebApiArguments, world: World) {
  values.refuseUnsupported(unsupported);
  const { workspace, bot } = world;
  const channel = getChannelToSpeakIn(world, findChannelById(world, values.neededText('channel')));
  const user = values.neededText('user');
  if (workspace.users.every(({ id }) => id !== user)) throw new SlackRefusal('user_not_in_channel');
  const content = readContent(values, world);
  const threadTs = values.text('thread_ts') || null;
  if (threadTs !== null) workspace.getThreadParent(channel.id, threadTs);
  const { ts } = workspace.post({
    channel: channel.id,
    user: bot.userId,
    threadTs,
    visibleTo: user,
    ...content,
  });
  return { message_ts: ts };
}

function deleteMessage(values: WebApiArguments, world: World) {
  const message = getOwnMessage(values, 'ts', world, 'cant_delete_message');
  world.workspace.remove(message);
  return { channel: message.channel, ts: message.ts };
}

function getPermalink(values: WebApiArguments, world: World) {
  const channel = findChannelById(world, values.neededText('channel'));
  if (channel === undefined || (channel.isPrivate && !channel.botIsMember))
    throw new SlackRefusal('channel_not_found');
  const message = world.workspace.findMessage(channel.id, values.neededText('message_ts'));
  if (message === undefined) throw new SlackRefusal('message_not_found');
  return { channel: channel.id, permalink: permalinkOf(message, world.url) };
}

function permalinkOf({ channel, ts, threadTs }: Message, url: string): string {
  const thread = threadTs === null ? '' : `?thread_ts=${threadTs}&cid=${channel}`;
  return `${url}/archives/${channel}/p${ts.replace('.', '')}${thread}`;
}

function getOwnMessage(values: WebApiArguments, key: string, world: World, notOurs: string): Message {
  const channel = getChannelToSpeakIn(world, findChannelById(world, values.neededText('channel')));
  const message = world.workspace.findMessage(channel.id, values.neededText(key));
  if (message === undefined || message.isTombstone) throw new SlackRefusal('message_not_found');
  if (message.user !== world.bot.userId) throw new SlackRefusal(notOurs);
  return message;
}

function readContent(values: WebApiArguments, world: World): Pick<Message, 'text' | 'blocks'> {
  const text = cutText(values.text('text'));
  const blocks = readBlocks(world, values.structure('blocks', 'invalid_blocks_format'));
  if (text.trim() === '' && blocks.length === 0) throw new SlackRefusal('no_text');
  return { text, blocks };
}

function readMetadata(values: WebApiArguments): Message['metadata'] {
  const metadata = values.structure('metadata', 'invalid_metadata_format');
  if (metadata === undefined) return null;
  const { event_type, event_payload } = metadata as Record<string, unknown>;
  if (typeof event_type !== 'string' || typeof event_payload !== 'object' || event_payload === null) {
    throw refuseWithMessages('invalid_metadata_format', ['[ERROR] event_type and event_payload are needed']);
  }
  return { event_type, event_payload };
}

function messageAnswer(message: Message, { bot, workspace }: World) {
  return {
    type: 'message',
    user: message.user,
    bot_id: bot.botId,
    app_id: bot.appId,
    team: workspace.team.id,
    ts: message.ts,
    text: message.text,
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.threadTs === null
      ? {}
      : { thread_ts: message.threadTs, parent_user_id: parentUser(message, workspace) }),
    ...(message.metadata === null ? {} : { metadata: message.metadata }),
    bot_profile: {
      id: bot.botId,
      app_id: bot.appId,
      name: workspace.findUser(bot.userId)?.name,
      team_id: workspace.team.id,
    },
  };
}

const parentUser = ({ channel, threadTs }: Message, workspace: World['workspace']): string | undefined =>
  workspace.findMessage(channel, threadTs ?? '')?.user;
