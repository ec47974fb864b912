import { z } from 'zod';

/** What we read of a pressed button; everything else of it is ignored. */
const pressSchema = z.object({
  user: z.object({ id: z.string(), team_id: z.string().optional() }),
  team: z.object({ id: z.string() }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
  container: z.object({
    channel_id: z.string(),
    message_ts: z.string(),
    thread_ts: z.string().optional(),
    is_ephemeral: z.boolean().default(false),
  }),
  response_url: z.string().default(''),
  actions: z
    .array(z.object({ action_id: z.string().max(255), value: z.string().max(2_000).optional() }))
    .min(1),
});

/** A person's press of a button below a message. */
export type Press = {
  userId: string;
  teamId: string | undefined;
  enterpriseId: string | undefined;
  channelId: string;
  messageTs: string;
  /** The thread to answer in; null below a message that only its reader sees, outside of threads. */
  threadTs: string | null;
  responseUrl: string;
  actionId: string;
  value: string | undefined;
};

/** @returns undefined for what is no press below a message: those of other surfaces, and what is no button */
export function readPress(body: unknown): Press | undefined {
  const parsed = pressSchema.safeParse(body);
  const [action] = parsed.data?.actions ?? [];
  if (!parsed.success || action === undefined) return undefined;
  const { user, team, enterprise, container, response_url } = parsed.data;
  const { channel_id, message_ts, thread_ts, is_ephemeral } = container;
  return {
    userId: user.id,
    // Somebody of another workspace presses in a shared channel: his team counts, not the channel's.
    teamId: user.team_id ?? team?.id,
    enterpriseId: enterprise?.id,
    channelId: channel_id,
    messageTs: message_ts,
    threadTs: thread_ts ?? (is_ephemeral ? null : message_ts),
    responseUrl: response_url,
    actionId: action.action_id,
    value: action.value,
  };
}
