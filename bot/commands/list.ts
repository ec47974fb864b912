import type { SnapshotRow } from '../../storage/database/store.ts';
import { formatAge, formatAmount } from '../replies/format-values.ts';
import { aimAt } from './aim-at.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

export const list = defineCommand({
  name: 'list',
  usage: 'list [<app-env>] [--env name] [--limit n]',
  summary: 'lists the snapshots that are kept, newest first',
  options: {
    env: environmentOption,
    limit: { type: 'string', short: 'n', value: '10', help: 'how many, up to 25' },
  },
  examples: ['list', 'list shop-prod --limit 3'],
  isReading: true,
  parse: wordsSchema.transform(({ positionals, options }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
    if (problem !== undefined) addIssue(problem);
    const limit = readText(options, 'limit') ?? '10';
    if (!/^([1-9]|1\d|2[0-5])$/.test(limit)) {
      addIssue(`option "--limit" needs a number from 1 to 25: found "${limit}"`);
    }
    return { target: positionals[0], environment: readText(options, 'env'), limit: Number(limit) };
  }),
  async run({ target, environment, limit }, context) {
    const { store, now } = context;
    const chosen = target === undefined ? null : await aimAt(context, target, environment);
    const snapshots = await store.listSnapshots({ ...chosen, limit });
    const ofWhat = chosen === null ? '' : ` of ${chosen.app}-${chosen.environment}`;
    const title =
      snapshots.length === 0 ? `No snapshot${ofWhat} is kept` : `Snapshots${ofWhat}, newest first`;
    const lines = snapshots.flatMap((row) => describeSnapshot(row, now()));
    return { state: 'answered', report: { report: 'text', title, lines, error: null } };
  },
});

function describeSnapshot(
  { id, app, environment, createdAt, sampleCount, verdict, pods, pinnedAt }: SnapshotRow,
  nowMs: number,
): string[] {
  const captured = pods.filter(({ state }) => state === 'captured').length;
  const size = `${formatAmount(captured, 'pod')}, ${formatAmount(sampleCount, 'sample')}`;
  return [
    `${app}-${environment}, ${formatAge(createdAt, nowMs)}: ${size}. ${verdict ?? 'No verdict yet'}`,
    `  ${id}${pinnedAt === null ? '' : `  pinned ${formatAge(pinnedAt, nowMs)}`}`,
  ];
}
