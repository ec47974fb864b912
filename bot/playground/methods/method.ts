import type { WebApiArguments } from '../web-api-arguments.ts';
import type { World } from '../world.ts';

/** One Web API method. `call` returns what Slack puts beside `ok: true`, and throws SlackRefusal. */
export type Method = {
  token: 'bot' | 'app';
  scope: string | null;
  call(values: WebApiArguments, world: World): Record<string, unknown>;
};

/** Most methods: called with the bot's token, allowed by one scope. */
export const botMethod = (scope: string | null, call: Method['call']): Method => ({
  token: 'bot',
  scope,
  call,
});
