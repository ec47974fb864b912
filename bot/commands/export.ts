import { beginWork } from './begin-work.ts';
import { chooseSnapshot } from './choose-snapshot.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { readSnapshotChoice } from './snapshot-choice.ts';
import { wordsSchema } from './words.ts';

export const exportBundle = defineCommand({
  name: 'export',
  usage: 'export [<app-env> | <snapshot id>] [--env name]',
  summary: 'packs a snapshot for the post-mortem: a written report, the pictures, pprof and speedscope',
  options: { env: environmentOption },
  examples: ['export', 'export shop-prod', 'export 01940000-0000-7000-8000-000000000001'],
  parse: wordsSchema.transform(readSnapshotChoice),
  async run({ target, environment }, context) {
    const snapshot = await chooseSnapshot(context, { target, environment, action: 'export a snapshot' });
    const echo = `Packing the snapshot of ${snapshot.app}-${snapshot.environment} for the post-mortem`;
    return await beginWork(context, { name: 'export', echo, snapshot }, {});
  },
});
