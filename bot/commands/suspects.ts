import { beginWork } from './begin-work.ts';
import { chooseSnapshot } from './choose-snapshot.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { describeWindow, rangeOptions, readWindow } from './window-options.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

export const suspects = defineCommand({
  name: 'suspects',
  usage: 'suspects [<app-env> | <snapshot id>] [--env name] [--from 5s --to 8s]',
  summary: 'names the suspects in a snapshot that is kept, or in a part of it',
  options: {
    env: environmentOption,
    ...rangeOptions,
  },
  examples: ['suspects', 'suspects shop-prod', 'suspects --from 5s --to 8s'],
  parse: wordsSchema.transform(({ positionals, options }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
    if (problem !== undefined) addIssue(problem);
    return {
      target: positionals[0],
      environment: readText(options, 'env'),
      window: readWindow(options, addIssue),
    };
  }),
  async run({ target, environment, window }, context) {
    const snapshot = await chooseSnapshot(context, { target, environment, action: 'look for suspects' });
    const name = `${snapshot.app}-${snapshot.environment}`;
    const echo = `Looking for suspects in ${name}${describeWindow(window)}`;
    return await beginWork(context, { name: 'suspects', echo, key: 'suspects', snapshot }, { window });
  },
});
