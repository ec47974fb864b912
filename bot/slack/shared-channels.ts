import { setTimeout as sleep } from 'node:timers/promises';
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';

/** A channel becomes shared when somebody accepts an invitation: seldom, and not unseen. */
const keptMs = 10 * 60_000;
const mostKept = 5_000;
const triesMs = [300, 1_000];

const answerSchema = z.object({
  channel: z.object({
    is_ext_shared: z.boolean().default(false),
    is_pending_ext_shared: z.boolean().default(false),
  }),
});

/**
 * Whether people of other workspaces are in a channel, as Slack has it, remembered for ten minutes.
 *
 * @throws what Slack answers several times
 */
export function findSharedChannels(
  client: WebClient,
  now: () => number,
): (channelId: string) => Promise<boolean> {
  const known = new Map<string, { untilMs: number; isShared: Promise<boolean> }>();
  return (channelId) => {
    // One person's conversation with the bot, and with nobody else.
    if (channelId.startsWith('D')) return Promise.resolve(false);
    const found = known.get(channelId);
    if (found !== undefined && found.untilMs > now()) return found.isShared;
    const isShared = askPatiently(client, channelId);
    known.delete(channelId);
    known.set(channelId, { untilMs: now() + keptMs, isShared });
    const [oldest] = known.keys();
    if (known.size > mostKept && oldest !== undefined) known.delete(oldest);
    isShared.catch(() => known.delete(channelId));
    return isShared;
  };
}

async function askPatiently(client: WebClient, channelId: string): Promise<boolean> {
  for (const waitMs of triesMs) {
    try {
      return await ask(client, channelId);
    } catch (error) {
      if (isFinal(error)) throw error;
      await sleep(waitMs);
    }
  }
  return await ask(client, channelId);
}

async function ask(client: WebClient, channel: string): Promise<boolean> {
  try {
    const answer = answerSchema.parse(await client.conversations.info({ channel }));
    return answer.channel.is_ext_shared || answer.channel.is_pending_ext_shared;
  } catch (error) {
    // The bot is not in it, so nothing can be posted there.
    if (error instanceof WebAPIPlatformError && error.data.error === 'channel_not_found') return false;
    throw error;
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof WebAPIPlatformError && error.data.error === 'missing_scope';
