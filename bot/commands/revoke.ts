import { chooseSnapshot } from './choose-snapshot.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { readSnapshotChoice } from './snapshot-choice.ts';
import { wordsSchema } from './words.ts';

export const revoke = defineCommand({
  name: 'revoke',
  usage: 'revoke [<app-env> | <snapshot id>] [--env name]',
  summary: 'ends the links to a snapshot in the explorer that were made until now',
  options: { env: environmentOption },
  examples: ['revoke', 'revoke shop-prod'],
  parse: wordsSchema.transform(readSnapshotChoice),
  async run({ target, environment }, context) {
    const snapshot = await chooseSnapshot(context, { target, environment, action: 'revoke links' });
    await context.store.revokeLinks(snapshot.id);
    const title = `No link to this snapshot of ${snapshot.app}-${snapshot.environment} opens it any more`;
    const lines = [`Snapshot ${snapshot.id}`, 'A command that asks about it again makes new ones'];
    return { state: 'answered', report: { report: 'text', title, lines, error: null } };
  },
});
