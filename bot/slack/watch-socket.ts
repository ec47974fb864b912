import type { SocketModeReceiver } from '@slack/bolt';

/** The client reconnects within seconds. After this long it has given up, or the network has. */
const longestGapMs = 120_000;

/** Tells when the socket to Slack is gone for good: without it nobody hears a command, and nobody would notice. */
export function watchSocket(client: SocketModeReceiver['client'], onLost: (reason: string) => void) {
  let timer: NodeJS.Timeout | undefined;
  let isConnected = false;
  const connected = () => {
    isConnected = true;
    clearTimeout(timer);
    timer = undefined;
  };
  const disconnected = () => {
    isConnected = false;
    const reason = `no connection to Slack for ${longestGapMs / 1_000} s`;
    timer ??= setTimeout(() => onLost(reason), longestGapMs).unref();
  };
  return {
    /** Begins when the socket is open. */
    begin() {
      isConnected = true;
      client.on('connected', connected);
      client.on('close', disconnected);
      client.on('reconnecting', disconnected);
    },
    end() {
      client.off('connected', connected);
      client.off('close', disconnected);
      client.off('reconnecting', disconnected);
      clearTimeout(timer);
      isConnected = false;
    },
    isConnected: () => isConnected,
  };
}
