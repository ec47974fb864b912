import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';
import { AvalancheError } from '../../storage/errors.ts';

const authTestAnswer = z
  .object({
    team_id: z.string(),
    user_id: z.string(),
    bot_id: z.string(),
    enterprise_id: z.string().nullish(),
  })
  .transform((answer) => ({
    teamId: answer.team_id,
    botUserId: answer.user_id,
    botId: answer.bot_id,
    enterpriseId: answer.enterprise_id ?? null,
  }));

/** Who we are in Slack. */
export type SlackIdentity = z.infer<typeof authTestAnswer>;

/** @throws AvalancheError SLACK_REFUSED for a token that does not work, SLACK_UNREACHABLE otherwise */
export async function fetchIdentity(client: WebClient): Promise<SlackIdentity> {
  try {
    return authTestAnswer.parse(await client.auth.test());
  } catch (error) {
    if (error instanceof WebAPIPlatformError) {
      throw new AvalancheError(
        'SLACK_REFUSED',
        `Cannot sign in to Slack: it answers "${error.data.error}"`,
        {},
        error,
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new AvalancheError(
      'SLACK_UNREACHABLE',
      `Cannot sign in to Slack at "${client.slackApiUrl}": ${reason}`,
      {},
      error,
    );
  }
}

/** People of other workspaces in a shared channel may see Avalanche, not use it. */
export function isOwnTeam(
  identity: SlackIdentity,
  from: { teamId?: string | undefined; enterpriseId?: string | undefined },
): boolean {
  if (identity.enterpriseId !== null && from.enterpriseId === identity.enterpriseId) return true;
  return from.teamId === undefined || from.teamId === identity.teamId;
}
