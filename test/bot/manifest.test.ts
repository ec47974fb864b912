import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { App } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { pino } from 'pino';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../../bot/cli.ts';
import { commands } from '../../bot/commands/index.ts';
import { startPlayground } from '../../bot/playground/start-playground.ts';
import { describeManifest } from '../../bot/slack/manifest.ts';
import { ResponseUrls } from '../../bot/slack/response-urls.ts';
import { type SlackSurface, scopesOf, slackSurface } from '../../bot/slack/surface.ts';
import { connectSlack } from '../../bot/slack.ts';

const botFolder = fileURLToPath(new URL('../../bot/', import.meta.url));
const socket = () => describeManifest(slackSurface, { mode: 'socket' });
const http = () => describeManifest(slackSurface, { mode: 'http', url: 'https://bot.example.com/' });

/** Source of the bot; the playground is Slack itself. */
async function readBot(): Promise<{ file: string; source: string }[]> {
  const entries = await readdir(botFolder, { recursive: true });
  const files = entries.filter((file) => file.endsWith('.ts') && !file.startsWith('playground/'));
  return Promise.all(
    files.map(async (file) => ({ file, source: await readFile(join(botFolder, file), 'utf8') })),
  );
}

/** `chat.postMessage`, … : every method that the client offers. */
function listMethods(client: object, path = '', seen = new Set<unknown>()): string[] {
  if (seen.has(client)) return [];
  seen.add(client);
  return Object.entries(client).flatMap(([name, value]) => {
    const method = path === '' ? name : `${path}.${name}`;
    if (typeof value === 'function') return path === '' ? [] : [method];
    return typeof value === 'object' && value !== null ? listMethods(value, method, seen) : [];
  });
}

afterEach(() => vi.restoreAllMocks());

describe('the table of what is used of Slack', () => {
  test('holds every Web API method that the code calls, and no other', async () => {
    const methods = listMethods(new WebClient('')).filter((name) => !/^(logger|axios|options)\./.test(name));
    expect(methods).toContain('files.completeUploadExternal');
    const sources = (await readBot()).map(({ source }) => source);
    const spaces = [...new Set(methods.map((method) => method.split('.')[0]))].join('|');
    const called = methods.filter((method) => {
      // `usergroups.users.list` calls no `users.list`.
      const call = new RegExp(`(?<![.'](?:${spaces}))\\.${method.replaceAll('.', '\\s*\\.\\s*')}\\b`);
      return sources.some((source) => call.test(source));
    });
    expect(called.toSorted()).toEqual(Object.keys(slackSurface.methods).toSorted());
  });

  test('cannot be gone round: nobody calls by a name that is not seen', async () => {
    const round = /\bapiCall\(|\bfilesUploadV2\b|\bchatStream\b|\bpaginate\(/;
    const files = (await readBot()).filter(({ source }) => round.test(source)).map(({ file }) => file);
    expect(files).toEqual(['slack/counting-client.ts']);
  });

  test('is what Bolt listens for', async () => {
    const heard = { command: [] as unknown[], event: [] as unknown[], shortcut: [] as unknown[] };
    for (const [kind, names] of Object.entries(heard) as [keyof typeof heard, unknown[]][]) {
      const original = App.prototype[kind] as (...words: unknown[]) => unknown;
      vi.spyOn(App.prototype, kind).mockImplementation(function (this: App, ...words: unknown[]) {
        names.push(words[0]);
        return original.apply(this, words);
      } as never);
    }
    const message = vi.spyOn(App.prototype, 'message');
    const log = pino({ level: 'silent' });
    const { botToken, apiUrl, stop } = await startPlayground();
    onTestFinished(stop);
    const slack = await connectSlack({
      config: {
        mode: 'http',
        botToken,
        appToken: null,
        signingSecret: 'secret',
        apiUrl,
        port: 0,
      },
      identity: { teamId: 'T1', botUserId: 'U1', botId: 'B1', enterpriseId: null },
      client: new WebClient(botToken),
      log,
      now: Date.now,
      runCommand: () => Promise.reject(new Error('nobody gives a command')),
      responseUrls: new ResponseUrls({ bases: [], log, now: Date.now }),
      onLost: () => {},
    });
    await slack.stop();
    expect(heard).toEqual({
      command: slackSurface.commands.map(({ command }) => command),
      event: Object.keys(slackSurface.events),
      shortcut: slackSurface.shortcuts,
    });
    expect(message).not.toHaveBeenCalled();
  });
});

describe('the manifest', () => {
  test('asks for the scopes of methods and events, and for no other', () => {
    expect(socket().oauth_config?.scopes).toEqual({
      bot: [
        'commands',
        'chat:write',
        'files:write',
        'files:read',
        'usergroups:read',
        'channels:read',
        'groups:read',
        'app_mentions:read',
      ],
    });
    expect(socket().settings?.event_subscriptions?.bot_events).toEqual(['app_mention']);
  });

  test('differs between socket and HTTP in addresses and the switch alone', () => {
    const address = 'https://bot.example.com/slack/events';
    const addresses: unknown[] = [];
    const withoutPlace = (value: unknown) =>
      JSON.parse(JSON.stringify(value), (key, inner) => {
        if (key === 'url' || key === 'request_url') addresses.push(inner);
        return key === 'url' || key === 'request_url' || key === 'socket_mode_enabled' ? undefined : inner;
      });
    expect(withoutPlace(http())).toEqual(withoutPlace(socket()));
    expect(addresses).toEqual([address, address, address]);
    expect([socket(), http()].map(({ settings }) => settings?.socket_mode_enabled)).toEqual([true, false]);
  });

  test('stays within the lengths that Slack takes', () => {
    const { display_information: shown, features } = http();
    expect(shown.name.length).toBeLessThanOrEqual(35);
    expect(shown.description?.length).toBeLessThanOrEqual(140);
    expect(features?.bot_user?.display_name).toMatch(/^[a-z0-9-_.]{1,80}$/);
    for (const { command, description, usage_hint } of features?.slash_commands ?? []) {
      expect(command).toMatch(/^\/[a-z]{1,31}$/);
      expect(description.length).toBeLessThanOrEqual(2_000);
      expect(usage_hint?.length).toBeLessThanOrEqual(1_000);
      for (const { name } of commands) expect(usage_hint).toContain(name);
    }
  });

  test('grows with the table: shortcuts, the Home tab, another method', () => {
    const surface: SlackSurface = {
      ...slackSurface,
      events: { ...slackSurface.events, app_home_opened: [] },
      shortcuts: [{ type: 'message', callbackId: 'here', name: 'Here', description: 'Begins here' }],
      hasHomeTab: true,
      methods: { ...slackSurface.methods, 'reactions.add': 'reactions:write' },
    };
    const { features, settings, oauth_config } = describeManifest(surface, { mode: 'socket' });
    expect(features?.shortcuts).toEqual([
      { type: 'message', callback_id: 'here', name: 'Here', description: 'Begins here' },
    ]);
    expect(features?.app_home?.home_tab_enabled).toBe(true);
    expect(settings?.event_subscriptions?.bot_events).toEqual(['app_mention', 'app_home_opened']);
    expect(oauth_config?.scopes?.bot).toContain('reactions:write');
    expect(scopesOf({ ...surface, commands: [], shortcuts: [] })).not.toContain('commands');
  });
});

describe('avalanche manifest', () => {
  const run = async (...words: string[]) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const refuse = () => Promise.reject(new Error('a manifest needs nothing that runs'));
    const terminal = {
      stdout,
      stderr,
      environment: {},
      directory: botFolder,
      signal: new AbortController().signal,
      loadFileTools: refuse,
    };
    const processes = { chat: refuse, configCheck: refuse, start: refuse };
    const code = await runCli(['manifest', ...words], terminal, processes);
    stdout.end();
    stderr.end();
    return { code, stdout: await text(stdout), stderr: await text(stderr) };
  };

  test('prints YAML or JSON of either mode', async () => {
    expect(parse((await run()).stdout)).toEqual(socket());
    const { code, stdout } = await run('--json', '--mode', 'http', '--url', 'https://bot.example.com');
    expect({ code, printed: JSON.parse(stdout) }).toEqual({ code: 0, printed: http() });
  });

  test.each([
    [['--mode', 'http'], '--url'],
    [['--mode', 'http', '--url', 'http://bot.example.com'], 'https://'],
    [['--mode', 'http', '--url', 'https://bot.example.com/?a=b'], 'https://'],
    [['--url', 'https://bot.example.com'], 'for --mode http only'],
    [['--mode', 'carrier'], 'socket or http'],
    [['now'], 'options only'],
  ])('says what is wrong with %j', async (words, says) => {
    const { code, stdout, stderr } = await run(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
