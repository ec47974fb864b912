import { App, SocketModeReceiver } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { createCanvas } from 'canvas';
import {
  type Playground,
  type PlaygroundOptions,
  startPlayground,
} from '../../../bot/playground/start-playground.ts';

/** Files are ready and shared soon, so that tests need not wait for what Slack takes its time with. */
const quickFiles = { shareMs: 10, readyMs: 20 };

/** The scopes that some methods need beyond those of the app's manifest. */
const allScopes = [
  'commands',
  'chat:write',
  'files:write',
  'files:read',
  'app_mentions:read',
  'channels:read',
  'users:read',
  'reactions:write',
];

export async function openScene(
  options: PlaygroundOptions = {},
): Promise<{ playground: Playground; client: WebClient; channel: string }> {
  const playground = await startPlayground({
    ...options,
    bot: { scopes: allScopes, ...options.bot },
    timing: { ...quickFiles, ...options.timing },
  });
  return { playground, client: clientOf(playground), channel: 'C0INCIDENTS' };
}

/** The real client, told to fail at once instead of trying again. */
export function clientOf({ apiUrl, botToken }: Playground, token = botToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: silent,
  });
}

const nothing = () => {};
export const silent = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => 'error' as never,
};

/** A picture that could pass for a flame graph from afar. */
export function drawPicture(widthPx = 1200, heightPx = 640): Buffer {
  const canvas = createCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fffaf2';
  context.fillRect(0, 0, widthPx, heightPx);
  for (let depth = 0; depth < 14; depth += 1) {
    const count = 1 + depth;
    for (let row = 0; row < count; row += 1) {
      context.fillStyle = `hsl(${20 + ((row * 7 + depth * 3) % 30)} 85% ${58 + (row % 3) * 6}%)`;
      const width = (widthPx - 20) / count;
      context.fillRect(
        10 + row * width,
        heightPx - 60 - depth * 38,
        width * (1 - (depth % 4) * 0.08) - 2,
        35,
      );
    }
  }
  return canvas.toBuffer('image/png');
}

export async function waitFor<Value>(
  what: string,
  find: () => Value | Promise<Value>,
): Promise<NonNullable<Value>> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited in vain for: ${what}`);
}

/** Uploads a picture and waits until Slack has looked at it. */
export async function uploadPicture(
  client: WebClient,
  destination: { channel_id?: string; thread_ts?: string } = {},
): Promise<string> {
  const { files } = (await client.filesUploadV2({
    ...destination,
    file: drawPicture(),
    filename: 'shop-demo.png',
    title: 'Flame graph of shop-demo, 60 s',
  } as Parameters<WebClient['filesUploadV2']>[0])) as unknown as { files: { files: { id: string }[] }[] };
  const id = files[0]!.files[0]!.id;
  await waitFor(
    'the picture to be ready',
    async () => (await client.files.info({ file: id })).file?.mimetype,
  );
  return id;
}

/**
 * The real Bolt app over the real Socket Mode client; connected when the promise ends.
 *
 * @param reconnectMs how long the client waits before it connects again; also how soon it takes silence for death,
 *   so that a low value makes a busy machine lose connections
 */
export async function connectBolt(
  playground: Playground,
  listen: (app: App) => void,
  reconnectMs = 5_000,
): Promise<App> {
  const clientOptions = () => ({ slackApiUrl: playground.apiUrl, retryConfig: { retries: 0 } });
  const receiver = new SocketModeReceiver({
    appToken: playground.appToken,
    logger: silent,
    clientPingTimeout: reconnectMs,
    installerOptions: { clientOptions: clientOptions() },
  });
  const app = new App({
    receiver,
    token: playground.botToken,
    botId: playground.bot.botId,
    botUserId: playground.bot.userId,
    deferInitialization: true,
    convoStore: false,
    logger: silent,
    clientOptions: clientOptions(),
  });
  listen(app);
  await app.init();
  await app.start();
  return app;
}
