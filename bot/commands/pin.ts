import { formatAge } from '../replies/format-values.ts';
import { chooseSnapshot } from './choose-snapshot.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { readSnapshotChoice } from './snapshot-choice.ts';
import { wordsSchema } from './words.ts';

export const pin = defineCommand({
  name: 'pin',
  usage: 'pin [<app-env> | <snapshot id>] [--env name]',
  summary: 'keeps a snapshot whatever its age, until it is unpinned',
  options: { env: environmentOption },
  examples: ['pin', 'pin shop-prod', 'pin 01940000-0000-7000-8000-000000000001'],
  parse: wordsSchema.transform(readSnapshotChoice),
  async run({ target, environment }, context) {
    const { store, request, now } = context;
    const snapshot = await chooseSnapshot(context, { target, environment, action: 'pin a snapshot' });
    const { id, app, environment: ofEnvironment, createdAt, pinnedAt } = snapshot;
    const isNew = await store.pinSnapshot(id, request.userId);
    const name = `The snapshot of ${app}-${ofEnvironment} of ${formatAge(createdAt, now())}`;
    const title = isNew
      ? `${name} is pinned: it is kept until somebody unpins it`
      : `${name} was pinned already, ${formatAge(pinnedAt ?? now(), now())}`;
    const report = { report: 'text' as const, title, lines: [`Snapshot ${id}`], error: null };
    return { state: 'answered', report: { ...report, pinned: { snapshotId: id } } };
  },
});
