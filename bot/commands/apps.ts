import type { ApplicationConfig, Config } from '../../storage/config.ts';
import type { SnapshotRow, Store } from '../../storage/database/store.ts';
import { nearestNames } from '../../storage/nearest-names.ts';
import { formatAge, formatAmount } from '../replies/format-values.ts';
import { defineCommand } from './command.ts';
import { formatNames } from './format-names.ts';
import { countArguments, wordsSchema } from './words.ts';

/** What a person reads without scrolling for long; each costs a look at its snapshots. */
const mostApps = 15;
const mostEnvironments = 5;

export const apps = defineCommand({
  name: 'apps',
  usage: 'apps [<part of a name>]',
  summary: 'lists the applications, where each runs, its code and its last snapshot',
  options: {},
  examples: ['apps', 'apps shop'],
  isReading: true,
  parse: wordsSchema.transform(({ positionals }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
    if (problem !== undefined) addIssue(problem);
    return { part: positionals[0]?.toLowerCase() ?? '' };
  }),
  async run({ part }, { config, store, now }) {
    const found = config.applications.filter(({ name }) => name.includes(part));
    const shown = found.slice(0, mostApps);
    const described = await Promise.all(
      shown.map((app) => describeApp(app, { config, store, nowMs: now() })),
    );
    const more = found.length - shown.length;
    const lines = [
      ...described.flat(),
      ...(more > 0
        ? [`And ${more} more: give a part of the name, as in "apps ${found[mostApps]?.name}"`]
        : []),
    ];
    return {
      state: 'answered',
      report: { report: 'text', title: titleOf(config, part, found), lines, error: null },
    };
  },
});

function titleOf({ applications }: Config, part: string, found: readonly ApplicationConfig[]): string {
  if (applications.length === 0) return 'No application is configured: add some to avalanche.yaml';
  const all = formatAmount(applications.length, 'application');
  if (part === '') return all;
  if (found.length > 0) return `${found.length} of ${all} with "${part}" in the name`;
  const near = nearestNames(
    part,
    applications.map(({ name }) => name),
  );
  return `None of ${all} has "${part}" in its name${near.length === 0 ? '' : ` (did you mean ${formatNames(near)}?)`}`;
}

async function describeApp(
  { name, environments, repository }: ApplicationConfig,
  { config, store, nowMs }: { config: Config; store: Store; nowMs: number },
): Promise<string[]> {
  const everywhere = config.environments.map((one) => one.name);
  const places = environments ?? everywhere;
  const shown = places.slice(0, mostEnvironments);
  const more = places.length - shown.length;
  const [newest] = await store.listSnapshots({ app: name, limit: 1 });
  return [
    `${shown.map((place) => `${name}-${place}`).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    `• ${newest === undefined ? 'no snapshot yet' : describeNewest(newest, nowMs)}`,
    `• code: ${repository?.link?.web ?? repository?.url ?? 'not known, so nothing can be looked up'}`,
  ];
}

function describeNewest({ environment, createdAt, verdict }: SnapshotRow, nowMs: number): string {
  return `${environment}, ${formatAge(createdAt, nowMs)}: ${verdict ?? 'no verdict yet'}`;
}
