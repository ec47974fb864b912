import type { Channel, User } from '../model.ts';
import { SlackRefusal } from '../slack-refusal.ts';
import type { WebApiArguments } from '../web-api-arguments.ts';
import { findChannelById, type World } from '../world.ts';
import { botMethod, type Method } from './method.ts';

/** Who am I, where am I, who is there. */
export const workspaceMethods: Record<string, Method> = {
  'auth.test': botMethod(null, testAuth),
  'apps.connections.open': {
    token: 'app',
    scope: null,
    call: (_values, world) => ({ url: world.newSocketUrl() }),
  },
  'conversations.info': botMethod('channels:read', describeChannel),
  'users.info': botMethod('users:read', describeUser),
  'usergroups.users.list': botMethod('usergroups:read', listGroup),
  'reactions.add': botMethod('reactions:write', addReaction),
};

function testAuth(_values: WebApiArguments, { bot, workspace, url }: World) {
  return {
    url: `${url}/`,
    team: workspace.team.name,
    team_id: workspace.team.id,
    user: workspace.findUser(bot.userId)?.name,
    user_id: bot.userId,
    bot_id: bot.botId,
    is_enterprise_install: false,
  };
}

function listGroup(values: WebApiArguments, { workspace }: World) {
  const users = workspace.groups[values.neededText('usergroup')];
  if (users === undefined) throw new SlackRefusal('no_such_subteam');
  return { users: [...users] };
}

function describeChannel(values: WebApiArguments, world: World) {
  const channel = findChannelById(world, values.neededText('channel'));
  if (channel === undefined || (channel.isPrivate && !channel.botIsMember))
    throw new SlackRefusal('channel_not_found');
  const { scopes } = world.bot;
  if (channel.isPrivate && !scopes.includes('groups:read')) {
    throw new SlackRefusal('missing_scope', { needed: 'groups:read', provided: scopes.join(',') });
  }
  return { channel: channelAnswer(channel, world) };
}

function channelAnswer(channel: Channel, { workspace }: World) {
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.isPrivate,
    is_group: channel.isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_general: channel === workspace.channels[0],
    is_member: channel.botIsMember,
    is_shared: channel.isExternallyShared,
    is_ext_shared: channel.isExternallyShared,
    is_org_shared: false,
    context_team_id: workspace.team.id,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  };
}

function describeUser(values: WebApiArguments, { workspace }: World) {
  const user = workspace.users.find(({ id }) => id === values.neededText('user'));
  if (user === undefined) throw new SlackRefusal('user_not_found');
  return { user: userAnswer(user, workspace.team.id) };
}

function userAnswer(user: User, teamId: string) {
  return {
    id: user.id,
    team_id: teamId,
    name: user.name,
    real_name: user.realName,
    deleted: false,
    is_bot: user.kind === 'bot',
    is_app_user: false,
    is_restricted: false,
    is_ultra_restricted: false,
    tz: 'Etc/UTC',
    profile: { real_name: user.realName, display_name: user.name, team: teamId },
  };
}

function addReaction(values: WebApiArguments, world: World) {
  const { bot, workspace } = world;
  const name = values.neededText('name').replaceAll(':', '');
  const channel = findChannelById(world, values.neededText('channel'));
  if (channel === undefined) throw new SlackRefusal('channel_not_found');
  if (!channel.botIsMember) throw new SlackRefusal('not_in_channel');
  if (!/^[a-z0-9_+-]+$/.test(name)) throw new SlackRefusal('invalid_name');
  const message = workspace.findMessage(channel.id, values.neededText('timestamp'));
  if (message === undefined) throw new SlackRefusal('message_not_found');
  const reactions = structuredClone(message.reactions);
  const reaction = reactions.find((one) => one.name === name);
  if (reaction?.users.includes(bot.userId)) throw new SlackRefusal('already_reacted');
  if (reaction === undefined) reactions.push({ name, users: [bot.userId] });
  else reaction.users.push(bot.userId);
  workspace.change(message, { reactions });
  return {};
}
