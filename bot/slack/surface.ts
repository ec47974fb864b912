import type { AppsManifestValidateArguments } from '@slack/web-api';
import { commands } from '../commands/index.ts';

type Manifest = AppsManifestValidateArguments['manifest'];
export type BotScope = NonNullable<
  NonNullable<NonNullable<Manifest['oauth_config']>['scopes']>['bot']
>[number];
export type BotEvent = NonNullable<
  NonNullable<NonNullable<Manifest['settings']>['event_subscriptions']>['bot_events']
>[number];

type SlackCommand = {
  command: `/${string}`;
  description: string;
  usageHint: string;
  /** Channels, people and links arrive as ids, not as names that anybody can have. */
  shouldEscape: boolean;
};
type SlackShortcut = {
  type: 'global' | 'message';
  callbackId: string;
  name: string;
  description: string;
};

/** What people can do with the app in Slack, and what that asks of the workspace. */
export type SlackSurface = {
  commands: readonly SlackCommand[];
  /** Each with the scopes that Slack wants for sending it. */
  events: Readonly<Partial<Record<BotEvent, readonly BotScope[]>>>;
  shortcuts: readonly SlackShortcut[];
  hasHomeTab: boolean;
  /** Methods of the Web API that are called with the bot token, each with the scopes it wants. */
  methods: Readonly<Record<string, BotScope | readonly BotScope[] | null>>;
};

/**
 * The one table of how Avalanche shows in Slack. Bolt listens for what stands here (`slack.ts`), the manifest declares
 * it (`manifest.ts`), and the playground grants no more. Whoever calls another method or hears another event adds it.
 */
export const slackSurface = {
  commands: [
    {
      command: '/avalanche',
      description: 'Shows what an app did before and during an incident, and names suspects',
      usageHint: commands.map(({ name }) => name).join(' | '),
      shouldEscape: true,
    },
  ],
  events: { app_mention: ['app_mentions:read'] },
  shortcuts: [],
  hasHomeTab: false,
  methods: {
    'auth.test': null,
    'chat.postMessage': 'chat:write',
    'chat.update': 'chat:write',
    'files.getUploadURLExternal': 'files:write',
    'files.completeUploadExternal': 'files:write',
    'files.info': 'files:read',
    'usergroups.users.list': 'usergroups:read',
    // Of channels that anybody can join, and of others.
    'conversations.info': ['channels:read', 'groups:read'],
  },
} as const satisfies SlackSurface;

/** Scopes that the bot token needs, in the order in which they are first wanted. */
export function scopesOf({ commands, events, shortcuts, methods }: SlackSurface): BotScope[] {
  const wanted: (BotScope | null)[] = [
    ...(commands.length + shortcuts.length > 0 ? (['commands'] as const) : []),
    ...Object.values(methods).flat(),
    ...Object.values(events).flat(),
  ];
  return [...new Set(wanted)].filter((scope) => scope !== null);
}
