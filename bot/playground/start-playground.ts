import { randomBytes } from 'node:crypto';
import { on, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scopesOf, slackSurface } from '../slack/surface.ts';
import { type Fault, PendingFaults } from './faults.ts';
import { FileStore, type FileTiming } from './file-store.ts';
import { BodyTooLarge, findForeignOrigin, type RouteHandler, send } from './http.ts';
import type { Ack, Change, Channel, Message, SlackFile, SlashCommand, Team, User } from './model.ts';
import { PageServer } from './page-server.ts';
import { type CommandOutcome, People, type Pressed, slackbotId, type Typed } from './people.ts';
import { answerResponseUrl } from './response-url-answers.ts';
import { ResponseUrls } from './response-urls.ts';
import { receiveUpload, serveFile } from './serve-files.ts';
import { type Delivery, SocketMode, type SocketTiming } from './socket-mode.ts';
import { createWebApi } from './web-api.ts';
import { Workspace } from './workspace.ts';
import type { Bot, World } from './world.ts';

export type PlaygroundOptions = {
  host?: string;
  /** 0 takes any free one. */
  port?: number;
  team?: Partial<Team>;
  /** The first is where the page opens. */
  channels?: readonly ({ name: string } & Partial<Channel>)[];
  /** People, the first is who sits before the page. The bot and Slackbot come by themselves. */
  users?: readonly { id: string; name: string; realName: string }[];
  /** User groups by id, each with the ids of its people. */
  groups?: Readonly<Record<string, readonly string[]>>;
  bot?: Partial<Bot> & { name?: string };
  commands?: readonly SlashCommand[];
  /** More to serve, by the beginning of the path: `/shop.git/`. Tried after our own. */
  routes?: Readonly<Record<string, RouteHandler>>;
  timing?: Partial<SocketTiming & FileTiming>;
  faults?: readonly Fault[];
  clock?: () => number;
  /** 0 to 1, 1 excluded: which socket gets a payload. */
  random?: () => number;
};

export type Playground = {
  /** `http://127.0.0.1:PORT`: the page. */
  url: string;
  /** For `slackApiUrl`: ends with `/api/`. */
  apiUrl: string;
  botToken: string;
  appToken: string;
  bot: Readonly<Bot>;
  channels: readonly Channel[];
  users: readonly User[];
  /** Channels and people by id or name; the user is the viewer of the page when none is named. */
  typeCommand(typed: Typed): Promise<CommandOutcome>;
  /** A message of a person: `@avalanche status`. Ends when the app has acknowledged it, or never will. */
  mention(written: Typed & { threadTs?: string }): Promise<{ ts: string; delivery: Delivery | null }>;
  press(pressed: Pressed): Promise<CommandOutcome>;
  /** As somebody does who may delete every message. */
  deleteMessage(message: { channel: string; ts: string }): void;
  archiveChannel(channel: string): void;
  /** Copies of what stands in the channel outside of threads, ephemeral messages included, oldest first. */
  messages(channel: string): Message[];
  /** Copies of the parent and its replies, oldest first; empty when there is no such parent. */
  thread(channel: string, ts: string): Message[];
  file(id: string): (SlackFile & { bytes: Uint8Array }) | undefined;
  files(): SlackFile[];
  /** Every payload sent to the app, with the time its acknowledgement took. */
  acks: readonly Ack[];
  socketCount(): number;
  /** @returns what takes the listener off again */
  onChange(listener: (change: Change) => void): () => void;
  /** The same changes, one by one; ends when the playground stops. */
  events: AsyncIterable<Change>;
  inject(fault: Fault): Promise<void>;
  stop(): Promise<void>;
};

const defaultUsers = [
  { id: 'U0MAYA', name: 'maya', realName: 'Maya Chen' },
  { id: 'U0JONAS', name: 'jonas', realName: 'Jonas Weber' },
];

const defaultChannels = [
  { id: 'C0INCIDENTS', name: 'incidents', topic: 'Something is slow or down: here' },
  { id: 'C0GENERAL', name: 'general', topic: 'For everybody' },
  { id: 'C0RANDOM', name: 'random', topic: 'The bot is not a member here', botIsMember: false },
];

/**
 * A local Slack in one process: Web API, Socket Mode and a page with channels. It refuses what Slack refuses,
 * in Slack's words, so that what works against it has a fair chance to work against Slack. It proves neither
 * how Slack draws a message nor Slack's rate limits.
 */
export async function startPlayground(options: PlaygroundOptions = {}): Promise<Playground> {
  const server = createServer();
  const host = options.host ?? '127.0.0.1';
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  return build(server, host, options);
}

function build(server: Server, host: string, options: PlaygroundOptions): Playground {
  const clock = options.clock ?? Date.now;
  const { port } = server.address() as AddressInfo;
  const address = `${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;
  const bot = buildBot(options.bot);
  const workspace = buildWorkspace(options, bot, clock);
  const faults = new PendingFaults();
  const timing = {
    ackMs: 3_000,
    retryMs: [0, 60_000, 300_000],
    shareMs: 120,
    readyMs: 300,
    ...options.timing,
  };
  const files = new FileStore(workspace, faults, timing, clock);
  const responseUrls = new ResponseUrls(clock);
  const socketMode = new SocketMode({
    appId: bot.appId,
    timing,
    clock,
    random: options.random ?? Math.random,
    tell: (change) => workspace.tell(change),
  });
  const newSocketUrl = () => `ws://${address}/link/?ticket=${socketMode.newTicket()}&app_id=${bot.appId}`;
  const world: World = { url: `http://${address}`, bot, workspace, files, newSocketUrl };
  const commands = options.commands ?? slackSurface.commands;
  const people = new People(world, socketMode, responseUrls, commands);
  const viewer = workspace.users.find(({ kind }) => kind === 'person')?.id ?? bot.userId;
  const page = new PageServer({ world, people, socketMode, commands, viewer });
  serve(server, { world, faults, responseUrls, socketMode, page, routes: options.routes ?? {} });
  const inject = createInjector(faults, socketMode);
  for (const fault of options.faults ?? []) void inject(fault);
  return {
    ...offer({ world, people, socketMode }),
    inject,
    async stop() {
      workspace.changes.emit('stop');
      page.stop();
      files.stop();
      await socketMode.stop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function buildBot(given: PlaygroundOptions['bot'] = {}): Bot {
  const secret = () => randomBytes(18).toString('base64url');
  return {
    userId: given.userId ?? 'U0AVALANCHE',
    botId: given.botId ?? 'B0AVALANCHE',
    appId: given.appId ?? 'A0AVALANCHE',
    token: given.token ?? `xoxb-playground-${secret()}`,
    appToken: given.appToken ?? `xapp-playground-${secret()}`,
    scopes: given.scopes ?? scopesOf(slackSurface),
  };
}

function buildWorkspace(options: PlaygroundOptions, bot: Bot, clock: () => number): Workspace {
  const team = { id: 'T0PLAYGROUND', name: 'Playground', domain: 'playground', ...options.team };
  const botName = options.bot?.name ?? 'avalanche';
  const users: User[] = [
    ...(options.users ?? defaultUsers).map((user) => ({ ...user, kind: 'person' as const })),
    {
      id: bot.userId,
      name: botName,
      realName: botName.replace(/^./, (first) => first.toUpperCase()),
      kind: 'bot',
    },
    { id: slackbotId, name: 'slackbot', realName: 'Slackbot', kind: 'slackbot' },
  ];
  const channels = (options.channels ?? defaultChannels).map((channel) => ({
    id: `C0${channel.name.replace(/[^a-z0-9]/gi, '').toUpperCase()}`,
    topic: '',
    isPrivate: false,
    isArchived: false,
    isExternallyShared: false,
    botIsMember: true,
    ...channel,
  }));
  return new Workspace({ team, users, channels, groups: options.groups ?? {} }, clock);
}

type Served = {
  world: World;
  faults: PendingFaults;
  responseUrls: ResponseUrls;
  socketMode: SocketMode;
  page: PageServer;
  routes: Readonly<Record<string, RouteHandler>>;
};

function serve(server: Server, served: Served): void {
  const answer = createAnswer(served);
  server.on('request', (request, response) => {
    void answer(request, response).catch((error: unknown) => fail(response, error));
  });
  server.on('upgrade', (request, duplex, head) => {
    const url = new URL(request.url ?? '/', served.world.url);
    const foreign = findForeignOrigin(request);
    if (foreign === undefined && url.pathname === '/link/') {
      served.socketMode.accept(request, duplex, head, url.searchParams.get('ticket') ?? '');
    } else {
      duplex.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    }
  });
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = error instanceof BodyTooLarge ? 413 : 500;
  send(
    response,
    `Cannot answer: ${error instanceof Error ? error.message : String(error)}`,
    'text/plain',
    status,
  );
}

function createAnswer({ world, faults, responseUrls, page, routes }: Served) {
  const callWebApi = createWebApi(world, faults);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const foreign = findForeignOrigin(request);
    if (foreign !== undefined) {
      send(response, `Cannot serve this request: ${foreign}`, 'text/plain', 403);
      return;
    }
    const url = new URL(request.url ?? '/', world.url);
    const [, first = '', second = '', third = ''] = url.pathname.split('/');
    if (first === 'api') await callWebApi(request, response, url);
    else if (first === 'upload' && request.method === 'POST')
      await receiveUpload(world.files, third, request, response);
    else if (first === 'files-pri') serveFile(world.files, third, response);
    else if (first === 'files') serveFile(world.files, third, response);
    else if ((first === 'commands' || first === 'actions') && second === world.workspace.team.id) {
      await answerResponseUrl(world, responseUrls, third, request, response);
    } else if (!(await page.answer(request, response, url.pathname)))
      await answerRoute(routes, request, response, url.pathname);
  };
}

async function answerRoute(
  routes: Served['routes'],
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const route = Object.entries(routes).find(([prefix]) => path.startsWith(prefix));
  if (route === undefined) send(response, 'not found', 'text/plain', 404);
  else await route[1](request, response);
}

function createInjector(faults: PendingFaults, socketMode: SocketMode) {
  return async (fault: Fault): Promise<void> => {
    switch (fault.kind) {
      case 'disconnect':
        return socketMode.disconnect(fault.reason ?? 'refresh_requested');
      case 'drop-sockets':
        return socketMode.drop();
      case 'redeliver':
        await socketMode.redeliver(fault.envelopeId);
        return;
      case 'file-late':
      case 'file-never-ready':
      case 'file-never-shared':
        return faults.addForFile(fault);
      default:
        return faults.addForMethod(fault);
    }
  };
}

function offer({
  world,
  people,
  socketMode,
}: {
  world: World;
  people: People;
  socketMode: SocketMode;
}): Omit<Playground, 'inject' | 'stop'> {
  const { workspace, files, bot } = world;
  const messagesOf = (channel: string) => workspace.messagesOf(workspace.findChannel(channel)?.id ?? '');
  return {
    url: world.url,
    apiUrl: `${world.url}/api/`,
    botToken: bot.token,
    appToken: bot.appToken,
    bot,
    channels: workspace.channels,
    users: workspace.users,
    typeCommand: (typed) => people.typeCommand(typed),
    async mention(written) {
      const { message, delivery } = people.say(written);
      return { ts: message.ts, delivery: await delivery };
    },
    press: (pressed) => people.press(pressed),
    deleteMessage: ({ channel, ts }) => people.deleteMessage(channel, ts),
    archiveChannel: (channel) => people.archiveChannel(channel),
    messages: (channel) => structuredClone(messagesOf(channel).filter(({ threadTs }) => threadTs === null)),
    thread(channel, ts) {
      const messages = messagesOf(channel);
      if (!messages.some((message) => message.ts === ts && message.threadTs === null)) return [];
      return structuredClone(messages.filter((message) => message.ts === ts || message.threadTs === ts));
    },
    file(id) {
      const file = files.find(id);
      return file === undefined ? undefined : { ...file, bytes: files.findBytes(id) ?? new Uint8Array() };
    },
    files: () => files.list(),
    acks: socketMode.acks,
    socketCount: () => socketMode.socketCount,
    onChange(listener) {
      workspace.changes.on('change', listener);
      return () => workspace.changes.off('change', listener);
    },
    events: watchChanges(workspace),
  };
}

function watchChanges({ changes }: Workspace): AsyncIterable<Change> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const [change] of on(changes, 'change', { close: ['stop'] })) yield change as Change;
    },
  };
}
