import { HTTPReceiver, type Logger, type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { SlackConfig } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { socketOptions } from './client-options.ts';
import { watchSocket } from './watch-socket.ts';

export type OpenReceiver = {
  receiver: Receiver;
  start(): Promise<void>;
  /** Whether what Slack has to say arrives here at this moment. */
  isConnected(): boolean;
  stop(): Promise<void>;
};

const longestStartMs = 30_000;

/** The way in: a socket that we open when there is an app token, else a port that Slack calls. */
export function openReceiver(
  config: SlackConfig,
  logger: Logger,
  onLost: (reason: string) => void,
): OpenReceiver {
  if (config.mode === 'socket' && config.appToken !== null)
    return openSocket(config.appToken, config, logger, onLost);
  if (config.mode === 'http' && config.signingSecret !== null)
    return openPort(config.signingSecret, config, logger);
  throw new RangeError(`Cannot open a way in for the mode "${config.mode}": its token is missing`);
}

/** A receiver of our own: the one that Bolt would make shares its options with the posting client. */
function openSocket(
  appToken: string,
  config: SlackConfig,
  logger: Logger,
  onLost: (reason: string) => void,
): OpenReceiver {
  const clientOptions = socketOptions({ apiUrl: config.apiUrl, logger });
  const receiver = new SocketModeReceiver({ appToken, logger, installerOptions: { clientOptions } });
  const watch = watchSocket(receiver.client, onLost);
  return {
    receiver,
    async start() {
      await startInTime(receiver.start(), config.apiUrl);
      watch.begin();
    },
    isConnected: () => watch.isConnected(),
    async stop() {
      watch.end();
      await receiver.stop();
    },
  };
}

async function startInTime(start: Promise<unknown>, apiUrl: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const message = `Cannot open a socket to Slack at "${apiUrl}": nothing after ${longestStartMs / 1_000} s`;
  const timer = setTimeout(() => reject(new AvalancheError('SLACK_UNREACHABLE', message)), longestStartMs);
  try {
    await Promise.race([start, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function openPort(signingSecret: string, { port }: SlackConfig, logger: Logger): OpenReceiver {
  const receiver = new HTTPReceiver({ signingSecret, port, logger });
  let closeConnections = () => {};
  let isOpen = () => false;
  return {
    receiver,
    async start() {
      const server = await receiver.start(port);
      closeConnections = () => server.closeAllConnections();
      isOpen = () => server.listening;
    },
    isConnected: () => isOpen(),
    async stop() {
      const stopped = receiver.stop();
      // Kept-alive connections would hold it open for ever.
      closeConnections();
      await stopped;
    },
  };
}
