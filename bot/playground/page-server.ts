import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { writePagePolicy } from '../page-policy.ts';
import { readBody, send, sendJson } from './http.ts';
import type { Change, Message, PageState, SlashCommand } from './model.ts';
import type { People } from './people.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { SocketMode } from './socket-mode.ts';
import type { World } from './world.ts';

const pageDirectory = join(import.meta.dirname, 'page');
const bodyLimit = 64 * 1024;
const watcherLimit = 50;
/** A browser that does not read is let go; it comes back and gets the whole state anew. */
const unreadBytesLimit = 8 * 1024 ** 2;
const heartbeatMs = 15_000;

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const pagePolicy = writePagePolicy("'self'");

const written = z.object({ channel: z.string(), text: z.string(), threadTs: z.string().nullish() });
const pressed = z.object({
  channel: z.string(),
  ts: z.string(),
  actionId: z.string(),
  value: z.string().optional(),
});

export type PageParts = {
  world: World;
  people: People;
  socketMode: SocketMode;
  commands: readonly SlashCommand[];
  viewer: string;
};

/** The channel page, what it is made of, and what it says and hears. */
export class PageServer {
  readonly #parts: PageParts;
  readonly #assets = readAssets();
  readonly #watchers = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(parts: PageParts) {
    this.#parts = parts;
    parts.world.workspace.changes.on('change', (change) => this.#pass(change));
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), heartbeatMs).unref();
  }

  /** @returns false when the path is none of the page's */
  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
    if (request.method === 'GET') return this.#answerGet(response, path);
    if (request.method !== 'POST') return false;
    const { people } = this.#parts;
    if (path === '/page/say')
      await this.#act(request, response, written, (value) =>
        people.write({ ...value, user: this.#parts.viewer }),
      );
    else if (path === '/page/press')
      await this.#act(request, response, pressed, (value) =>
        people.press({ ...value, user: this.#parts.viewer }),
      );
    else return false;
    return true;
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    for (const watcher of this.#watchers) watcher.destroy();
  }

  #answerGet(response: ServerResponse, path: string): boolean {
    if (path === '/page/events') {
      this.#watch(response);
      return true;
    }
    const name = path === '/' || path.startsWith('/archives/') ? 'index.html' : path.replace(/^\/page\//, '');
    const asset = this.#assets.get(name);
    if (asset === undefined || name === path) return false;
    send(response, asset.content, asset.contentType, 200, { 'content-security-policy': pagePolicy });
    return true;
  }

  async #act<Value>(
    request: IncomingMessage,
    response: ServerResponse,
    schema: z.ZodType<Value>,
    action: (value: Value) => Promise<unknown>,
  ): Promise<void> {
    // A form of another site cannot send this type without asking first.
    if (request.headers['content-type'] !== 'application/json') {
      sendJson(response, { ok: false, error: 'invalid_post_type' }, 415);
      return;
    }
    const parsed = schema.safeParse(parseJson(await readBody(request, bodyLimit)));
    if (!parsed.success) {
      sendJson(response, { ok: false, error: 'invalid_arguments' }, 400);
      return;
    }
    try {
      await action(parsed.data);
      sendJson(response, { ok: true });
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      sendJson(response, { ok: false, error: error.error }, 400);
    }
  }

  #watch(response: ServerResponse): void {
    if (this.#watchers.size >= watcherLimit) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.write(`retry: 500\nevent: state\ndata: ${JSON.stringify(this.#describeState())}\n\n`);
    this.#watchers.add(response);
    response.on('close', () => this.#watchers.delete(response));
  }

  #describeState(): PageState {
    const { world, socketMode, commands, viewer } = this.#parts;
    const { workspace, files, bot } = world;
    return {
      team: workspace.team,
      viewer,
      botUser: bot.userId,
      commands: [...commands],
      users: [...workspace.users],
      channels: [...workspace.channels],
      messages: workspace.channels.flatMap(({ id }) =>
        workspace.messagesOf(id).filter((message) => this.#isVisible(message)),
      ),
      files: files.list(),
      socketCount: socketMode.socketCount,
    };
  }

  #pass(change: Change): void {
    if (change.kind === 'ack' || (change.kind === 'message' && !this.#isVisible(change.message))) return;
    this.#write(`event: change\ndata: ${JSON.stringify(change)}\n\n`);
  }

  #isVisible({ visibleTo }: Message): boolean {
    return visibleTo === null || visibleTo === this.#parts.viewer;
  }

  #write(text: string): void {
    for (const watcher of this.#watchers) {
      if (watcher.writableLength > unreadBytesLimit) watcher.destroy();
      else watcher.write(text);
    }
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The page is TypeScript like everything else: types come off when the playground starts, there is no build. */
function readAssets(): ReadonlyMap<string, { content: string; contentType: string }> {
  const assets = new Map<string, { content: string; contentType: string }>();
  for (const name of readdirSync(pageDirectory)) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const source = readFileSync(join(pageDirectory, name), 'utf8');
    assets.set(name, {
      content: extname(name) === '.ts' ? stripTypeScriptTypes(source) : source,
      contentType,
    });
  }
  return assets;
}
