import type { EnvironmentVariable, SlackConfig } from './config.ts';
import type { Problem } from './config-file.ts';
import { describeFound } from './config-problems.ts';
import { readPort } from './read-port.ts';

const slackApi = 'https://slack.com/api/';
const defaultPort = 3000;

/** Slack's part of the environment. Tokens that cannot be right are named, never shown. */
export function readSlackConfig(
  variable: (name: EnvironmentVariable) => string | undefined,
  problems: Problem[],
): SlackConfig {
  const botToken = variable('SLACK_BOT_TOKEN') ?? null;
  const appToken = variable('SLACK_APP_TOKEN') ?? null;
  const signingSecret = variable('SLACK_SIGNING_SECRET') ?? null;
  const hasWay = appToken !== null || signingSecret !== null;

  if (botToken !== null && !botToken.startsWith('xoxb-')) problems.push(badToken('SLACK_BOT_TOKEN', 'xoxb-'));
  if (appToken !== null && !appToken.startsWith('xapp-')) problems.push(badToken('SLACK_APP_TOKEN', 'xapp-'));
  if (botToken === null && hasWay) {
    problems.push({
      at: 'SLACK_BOT_TOKEN',
      text: 'found nothing, wanted the bot token (xoxb-…) beside the other Slack settings',
    });
  }
  if (botToken !== null && !hasWay) {
    problems.push({
      at: 'SLACK_APP_TOKEN',
      text: 'found nothing, wanted the app token (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP',
    });
  }
  return {
    mode: appToken !== null ? 'socket' : signingSecret !== null ? 'http' : null,
    botToken,
    appToken,
    signingSecret,
    apiUrl: readApiUrl(variable('SLACK_API_URL'), problems),
    port: readPort('PORT', variable('PORT'), problems) ?? defaultPort,
  };
}

function badToken(at: EnvironmentVariable, beginning: string): Problem {
  return {
    at,
    text: `found a value that does not begin with ${beginning} (not shown), wanted ${beginning}…`,
  };
}

function readApiUrl(value: string | undefined, problems: Problem[]): string {
  if (value === undefined) return slackApi;
  const url = URL.parse(value);
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  ) {
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  }
  problems.push({
    at: 'SLACK_API_URL',
    text: `found ${describeFound(value)}, wanted an address like ${slackApi}`,
  });
  return slackApi;
}
