import { z } from 'zod';

/** What we read of an app_mention; everything else of it is ignored. */
const mentionSchema = z.object({
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().optional(),
  user: z.string(),
  text: z.string(),
  team: z.string().optional(),
  user_team: z.string().optional(),
  bot_id: z.string().optional(),
  subtype: z.string().optional(),
  edited: z.unknown().optional(),
});

export type Mention = {
  channel: string;
  ts: string;
  threadTs: string;
  userId: string;
  teamId: string | undefined;
  text: string;
};

/**
 * A person's mention of the bot. Undefined for those that are none: of bots, and those that Slack sends again
 * because their text was edited.
 */
export function readMention(event: unknown, botUserId: string): Mention | undefined {
  const parsed = mentionSchema.safeParse(event);
  if (!parsed.success) return undefined;
  const { channel, ts, thread_ts, user, text, team, user_team, bot_id, subtype, edited } = parsed.data;
  if (bot_id !== undefined || subtype !== undefined || edited !== undefined) return undefined;
  return {
    channel,
    ts,
    threadTs: thread_ts ?? ts,
    userId: user,
    teamId: user_team ?? team,
    text: cutMention(text, botUserId),
  };
}

/** The command is what follows the bot's name; where nothing does, what precedes it. */
function cutMention(text: string, botUserId: string): string {
  const name = new RegExp(`<@${botUserId.replace(/\W/g, '')}(?:\\|[^>]*)?>[,:]?`);
  const [before = '', ...after] = text.split(name);
  const following = after.join(' ').trim();
  return following === '' ? before.trim() : following;
}
