import type { AuditRow } from '../../storage/database/store.ts';
import { formatAge } from '../replies/format-values.ts';
import { aimAt } from './aim-at.ts';
import { defineCommand } from './command.ts';
import { parseAge } from './duration.ts';
import { environmentOption } from './environment-option.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

/** Whom a person mentions arrives as `@U0MAYA`. */
const person = /^@?([UW][A-Z0-9]{1,63})$/;

export const audit = defineCommand({
  name: 'audit',
  usage: 'audit [<app-env>] [--user @name] [--since 2d] [--env name] [--limit n]',
  summary: 'shows who gave which command, and how it ended, newest first',
  options: {
    env: environmentOption,
    user: { type: 'string', short: 'u', value: '@name', help: 'only what this person did' },
    since: { type: 'string', short: 's', value: '2d', help: 'only of the last days or hours' },
    limit: { type: 'string', short: 'n', value: '10', help: 'how many, up to 25' },
  },
  examples: ['audit', 'audit shop-prod --since 2d', 'audit --user @U0MAYA --limit 25'],
  isReading: true,
  parse: wordsSchema.transform(({ positionals, options }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
    if (problem !== undefined) addIssue(problem);
    const limit = readText(options, 'limit') ?? '10';
    if (!/^([1-9]|1\d|2[0-5])$/.test(limit)) {
      addIssue(`option "--limit" needs a number from 1 to 25: found "${limit}"`);
    }
    const user = readText(options, 'user');
    const userId = person.exec(user ?? '')?.[1];
    if (user !== undefined && userId === undefined) {
      addIssue(`option "--user" needs somebody of this workspace, as "@name": found "${user}"`);
    }
    const since = readText(options, 'since');
    const sinceMs = since === undefined ? undefined : parseAge(since);
    if (since !== undefined && sinceMs === undefined) {
      addIssue(`option "--since" needs a time such as 2d or 12h: found "${since}"`);
    }
    const environment = readText(options, 'env');
    return { target: positionals[0], environment, userId, sinceMs, limit: Number(limit) };
  }),
  async run({ target, environment, userId, sinceMs, limit }, context) {
    const { store, request, now } = context;
    const chosen = target === undefined ? undefined : await aimAt(context, target, environment);
    const rows = await store.listAudit({
      limit,
      ...(chosen && { target: chosen }),
      ...(userId !== undefined && { userId }),
      ...(sinceMs !== undefined && { createdAfter: now() - sinceMs }),
      // One workspace does not see another's; whoever has the terminal sees all.
      ...(request.source !== 'terminal' && { teamId: request.teamId }),
    });
    const ofWhat = chosen === undefined ? '' : ` about ${chosen.app}-${chosen.environment}`;
    const title = rows.length === 0 ? `No command${ofWhat} is remembered` : `Commands${ofWhat}, newest first`;
    const lines = rows.flatMap((row) => describeRow(row, now()));
    return { state: 'answered', report: { report: 'text', title, lines, error: null } };
  },
});

function describeRow(row: AuditRow, nowMs: number): string[] {
  const { requestId, source, command, app, environment, teamId, channelId, userId, createdAt } = row;
  const who = source === 'terminal' ? `${userId} in a terminal` : `${userId} of ${teamId} in ${channelId}`;
  const how = source === 'button' ? ' (by button)' : '';
  const what = command === '' ? 'not understood' : command;
  const where = app === null ? '' : ` ${app}-${environment}`;
  return [
    `${formatAge(createdAt, nowMs)}, ${who}: ${what}${where}${how}, ${describeEnd(row)}`,
    ...(row.breakGlass === null ? [] : [`  broke the glass: ${row.breakGlass}`]),
    `  ${requestId}`,
  ];
}

function describeEnd({ state, errorCode }: AuditRow): string {
  return errorCode === null || state === 'cancelled' ? state : `${state} with ${errorCode}`;
}
