import { formatAge } from '../replies/format-values.ts';
import { chooseSnapshot } from './choose-snapshot.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { readSnapshotChoice } from './snapshot-choice.ts';
import { wordsSchema } from './words.ts';

export const unpin = defineCommand({
  name: 'unpin',
  usage: 'unpin [<app-env> | <snapshot id>] [--env name]',
  summary: 'lets a pinned snapshot go when its time comes',
  options: { env: environmentOption },
  examples: ['unpin', 'unpin 01940000-0000-7000-8000-000000000001'],
  parse: wordsSchema.transform(readSnapshotChoice),
  async run({ target, environment }, context) {
    const { store, now, config } = context;
    const snapshot = await chooseSnapshot(context, { target, environment, action: 'unpin a snapshot' });
    const { id, app, environment: ofEnvironment, createdAt } = snapshot;
    const wasPinned = await store.unpinSnapshot(id);
    const name = `The snapshot of ${app}-${ofEnvironment} of ${formatAge(createdAt, now())}`;
    const { days, snapshotsPerApp } = config.retention;
    const title = wasPinned
      ? `${name} is not pinned any more: it goes after ${days} days, or when there are ${snapshotsPerApp} newer ones`
      : `${name} was not pinned`;
    return { state: 'answered', report: { report: 'text', title, lines: [`Snapshot ${id}`], error: null } };
  },
});
