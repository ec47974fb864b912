import { randomBytes } from 'node:crypto';
import { type Block, checkBlocks } from './check-blocks.ts';
import type { FileStore } from './file-store.ts';
import type { Channel } from './model.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { Workspace } from './workspace.ts';

/** The one app that is installed in this workspace. */
export type Bot = {
  userId: string;
  botId: string;
  appId: string;
  token: string;
  appToken: string;
  scopes: readonly string[];
};

/** What a Web API method may reach. */
export type World = {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  url: string;
  bot: Bot;
  workspace: Workspace;
  files: FileStore;
  /** A new WebSocket address, good for one connection. */
  newSocketUrl(): string;
};

/** Slack cuts the text of a message here, without a word. */
const textLimit = 40_000;

export const cutText = (text: string): string => [...text].slice(0, textLimit).join('');

export function readBlocks(world: World, value: unknown): Block[] {
  if (value === undefined) return [];
  return checkBlocks(value, world.files, () => randomBytes(3).toString('base64url'));
}

/**
 * The channel in which the bot wants to speak.
 *
 * @throws SlackRefusal channel_not_found (also for a private channel without the bot), not_in_channel, is_archived
 */
export function getChannelToSpeakIn(
  world: World,
  channel: Channel | undefined,
  membershipNeeded = false,
): Channel {
  if (channel === undefined || (channel.isPrivate && !channel.botIsMember))
    throw new SlackRefusal('channel_not_found');
  if (channel.isArchived) throw new SlackRefusal('is_archived');
  const mayEnterPublic = !membershipNeeded && world.bot.scopes.includes('chat:write.public');
  if (!channel.botIsMember && !mayEnterPublic) throw new SlackRefusal('not_in_channel');
  return channel;
}

/** Most methods take ids only: a name is a channel that is not found. */
export const findChannelById = (world: World, id: string): Channel | undefined =>
  world.workspace.channels.find((channel) => channel.id === id);
