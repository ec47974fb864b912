import { z } from 'zod';
import type { SlackFile } from '../model.ts';
import { refuseWithMessages, SlackRefusal } from '../slack-refusal.ts';
import type { WebApiArguments } from '../web-api-arguments.ts';
import { cutText, findChannelById, getChannelToSpeakIn, readBlocks, type World } from '../world.ts';
import { botMethod, type Method } from './method.ts';

export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': botMethod('files:write', reserveUpload),
  'files.completeUploadExternal': botMethod('files:write', completeUpload),
  'files.info': botMethod('files:read', describeUpload),
};

/** More in one call end in internal_error (slackapi/python-slack-sdk#1653). */
const filesPerCall = 14;

function reserveUpload(values: WebApiArguments, { files, bot, url }: World) {
  const name = values.neededText('filename');
  const length = Number(values.text('length'));
  if (!Number.isInteger(length) || length < 1) throw new SlackRefusal('missing_argument');
  const hasAlternativeText = values.text('alt_txt') !== '';
  const { file, ticket } = files.reserve({ name, length, user: bot.userId, hasAlternativeText });
  return { upload_url: `${url}/upload/v1/${ticket}`, file_id: file.id };
}

const uploads = z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1);

function completeUpload(values: WebApiArguments, world: World) {
  values.refuseUnsupported(['username', 'icon_url', 'icon_emoji', 'channels']);
  const parsed = uploads.safeParse(values.structure('files', 'invalid_arguments'));
  if (!parsed.success)
    throw refuseWithMessages('invalid_arguments', [
      '[ERROR] must be a list of {id, title} [json-pointer:/files]',
    ]);
  if (parsed.data.length > filesPerCall) throw new SlackRefusal('internal_error');
  const files = parsed.data.map(({ id }) => world.files.getUploaded(id));
  const share = prepareShare(values, world, files);
  const titles = new Map(parsed.data.flatMap(({ id, title }) => (title ? [[id, title] as const] : [])));
  const ids = files.map(({ id }) => id);
  world.files.complete(ids, titles, share);
  return { files: ids.map((id) => fileAnswer(world.files.find(id)!, world)) };
}

/** @returns what posts the files in the channel; null when they stay private to the bot */
function prepareShare(
  values: WebApiArguments,
  world: World,
  files: readonly SlackFile[],
): (() => void) | null {
  if (values.text('channel_id') === '') return null;
  const { workspace, bot } = world;
  const channel = getChannelToSpeakIn(world, findChannelById(world, values.text('channel_id')), true);
  const threadTs = values.text('thread_ts') || null;
  if (threadTs !== null) workspace.getThreadParent(channel.id, threadTs);
  const text = cutText(values.text('initial_comment'));
  const blocks = text === '' ? readShareBlocks(values, world) : []; // the comment wins
  return () => {
    const fileIds = files.map(({ id }) => id);
    const { ts } = workspace.post({ channel: channel.id, user: bot.userId, threadTs, text, blocks, fileIds });
    for (const id of fileIds) world.files.noteShare(id, { channel: channel.id, ts, threadTs });
  };
}

function readShareBlocks(values: WebApiArguments, world: World) {
  const blocks = values.structure('blocks', 'invalid_blocks_format');
  // A markdown block breaks Slack here, and only here (slackapi/node-slack-sdk#2564).
  if (Array.isArray(blocks) && blocks.some((block) => block?.type === 'markdown'))
    throw new SlackRefusal('internal_error');
  return readBlocks(world, blocks);
}

function describeUpload(values: WebApiArguments, world: World) {
  const file = world.files.find(values.neededText('file'));
  if (file === undefined || file.state === 'waiting for bytes') throw new SlackRefusal('file_not_found');
  return { file: fileAnswer(file, world), comments: [], response_metadata: { next_cursor: '' } };
}

function fileAnswer(file: SlackFile, world: World) {
  const address = `${world.url}/files-pri/${world.workspace.team.id}/${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    created: Math.floor(file.createdMs / 1000),
    timestamp: Math.floor(file.createdMs / 1000),
    name: file.name,
    title: file.title,
    user: file.user,
    size: file.size,
    mode: 'hosted',
    mimetype: file.mimetype,
    filetype: file.mimetype === '' ? '' : (file.name.split('.').at(-1) ?? ''),
    is_external: false,
    is_public: file.shares.length > 0,
    ...(file.widthPx === null
      ? {}
      : { original_w: file.widthPx, original_h: file.heightPx, thumb_360: address }),
    url_private: address,
    url_private_download: address,
    permalink: `${world.url}/files/${file.user}/${file.id}/${encodeURIComponent(file.name)}`,
    channels: file.shares.map(({ channel }) => channel),
    shares: sharesAnswer(file, world),
  };
}

function sharesAnswer({ shares }: SlackFile, world: World) {
  const answer: { public?: Record<string, unknown[]>; private?: Record<string, unknown[]> } = {};
  for (const { channel, ts, threadTs } of shares) {
    const found = findChannelById(world, channel);
    const side = found?.isPrivate ? 'private' : 'public';
    answer[side] ??= {};
    answer[side][channel] ??= [];
    answer[side][channel].push({
      ts,
      channel_name: found?.name,
      team_id: world.workspace.team.id,
      ...(threadTs ? { thread_ts: threadTs } : {}),
    });
  }
  return answer;
}
