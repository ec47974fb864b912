import type { AppsManifestValidateArguments } from '@slack/web-api';
import { type BotEvent, type SlackSurface, scopesOf } from './surface.ts';

export type SlackManifest = AppsManifestValidateArguments['manifest'];

/** How Slack reaches the bot: over a socket that the bot opens, or at an address of its own. */
export type ManifestMode = { mode: 'socket' } | { mode: 'http'; url: string };

/** Where Bolt's HTTP receiver takes everything: commands, events and what people press. */
const httpPath = '/slack/events';

/**
 * The manifest from which a Slack app is made. The two modes differ in addresses and one switch, nothing else.
 *
 * @see https://docs.slack.dev/reference/app-manifest
 */
export function describeManifest(surface: SlackSurface, how: ManifestMode): SlackManifest {
  const requestUrl = how.mode === 'http' ? `${how.url.replace(/\/+$/, '')}${httpPath}` : null;
  const address = requestUrl === null ? {} : { request_url: requestUrl };
  return {
    _metadata: { major_version: 1 },
    display_information: {
      name: 'Avalanche',
      description: 'A flame graph of the last minutes and the suspects behind it, in the incident thread',
      background_color: '#7a2e1d',
    },
    features: {
      app_home: {
        home_tab_enabled: surface.hasHomeTab,
        messages_tab_enabled: false,
        messages_tab_read_only_enabled: true,
      },
      bot_user: { display_name: 'avalanche', always_online: true },
      slash_commands: surface.commands.map(({ command, description, usageHint, shouldEscape }) => ({
        command,
        ...(requestUrl === null ? {} : { url: requestUrl }),
        description,
        usage_hint: usageHint,
        should_escape: shouldEscape,
      })),
      ...(surface.shortcuts.length > 0 && {
        shortcuts: surface.shortcuts.map(({ type, callbackId, name, description }) => ({
          type,
          name,
          callback_id: callbackId,
          description,
        })),
      }),
    },
    oauth_config: { scopes: { bot: scopesOf(surface) } },
    settings: {
      event_subscriptions: { ...address, bot_events: Object.keys(surface.events) as BotEvent[] },
      // Links that look like buttons send an action too.
      interactivity: { is_enabled: true, ...address },
      org_deploy_enabled: false,
      socket_mode_enabled: how.mode === 'socket',
      token_rotation_enabled: false,
    },
  };
}
