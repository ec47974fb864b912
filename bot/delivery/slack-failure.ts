import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';
import { AvalancheError } from '../../storage/errors.ts';

/** Why a call to Slack failed, as far as it decides what happens next. */
export type SlackFailure =
  /** Not done; may be done after a pause. */
  | { kind: 'rate-limited'; waitMs: number }
  /** Nobody knows whether it was done: no answer, or one that says so. */
  | { kind: 'unknown-outcome'; reason: string }
  /** Not done: the message is too long, or has a block that this Slack does not take. */
  | { kind: 'too-complex'; reason: string }
  /** The thread was deleted, and Slack takes nothing for it any more. */
  | { kind: 'thread-gone'; reason: string }
  /** The message that was to change is not there, or may not change any more. */
  | { kind: 'gone'; reason: string }
  /** Not done, and trying again will not help. `isForAll`: nor for any other message to this channel. */
  | { kind: 'refused'; reason: string; isForAll: boolean };

const passing = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);
const rateLimited = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);
const tooComplex = new Set([
  'msg_too_long',
  'msg_blocks_too_long',
  'invalid_blocks',
  'invalid_blocks_format',
  'block_mismatch',
]);
const gone = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

/** Where Slack does not say how long to wait. */
const defaultWaitMs = 30_000;

export function classifyFailure(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'rate-limited', waitMs: error.retryAfter * 1_000 };
  if (error instanceof WebAPIPlatformError) return classifyRefusal(error.data.error);
  if (error instanceof WebAPIHTTPError) return classifyStatus(error.statusCode);
  if (error instanceof AvalancheError && !error.retry && error.code !== 'INTERNAL') {
    return { kind: 'refused', reason: error.message, isForAll: false };
  }
  const reason = error instanceof Error ? error.message : String(error);
  // web-api 8 gives a plain Error for a 429 without Retry-After.
  if (/retry header|rate limit/i.test(reason)) return { kind: 'rate-limited', waitMs: defaultWaitMs };
  return { kind: 'unknown-outcome', reason };
}

function classifyRefusal(reason: string): SlackFailure {
  if (rateLimited.has(reason)) return { kind: 'rate-limited', waitMs: defaultWaitMs };
  if (passing.has(reason)) return { kind: 'unknown-outcome', reason };
  if (tooComplex.has(reason)) return { kind: 'too-complex', reason };
  if (gone.has(reason)) return { kind: 'gone', reason };
  if (reason === 'thread_not_found') return { kind: 'thread-gone', reason };
  return { kind: 'refused', reason, isForAll: reason in explanations };
}

function classifyStatus(status: number): SlackFailure {
  if (status === 429) return { kind: 'rate-limited', waitMs: defaultWaitMs };
  const reason = `http_${status}`;
  return status >= 500 || status === 408
    ? { kind: 'unknown-outcome', reason }
    : { kind: 'refused', reason, isForAll: false };
}

const invite =
  'Avalanche is not a member of this channel: type `/invite @avalanche`, then run the command again';
const token =
  'Slack does not accept the token of Avalanche any more: whoever runs it has to install the app again';

/** Refusals that hold for a whole channel or token, and what to do about each. */
const explanations: Record<string, string> = {
  not_in_channel: invite,
  channel_not_found: invite,
  is_archived: 'this channel is archived: run the command in another one',
  restricted_action: 'a setting of this workspace does not let Avalanche post here',
  restricted_action_read_only_channel: 'this channel is read-only: run the command in another one',
  restricted_action_thread_only_channel:
    'this channel takes posts in threads only: mention @avalanche in a thread',
  restricted_action_non_threadable_channel: 'this channel has no threads: run the command in another one',
  missing_scope: 'the Slack app lacks a permission: whoever runs Avalanche has to install it again',
  invalid_auth: token,
  not_authed: token,
  token_revoked: token,
  token_expired: token,
  account_inactive: token,
  team_access_not_granted: token,
};

/** Whether no message can be posted anywhere until the app is installed again. */
export const isAboutToken = (reason: string): boolean => explanations[reason] === token;

/** What to tell a person about a refusal. */
export function explainRefusal(reason: string): string {
  return explanations[reason] ?? `Slack refused the message (${reason})`;
}
