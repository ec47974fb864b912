import { beginWork } from './begin-work.ts';
import { chooseBaseline } from './choose-baseline.ts';
import { chooseSnapshot } from './choose-snapshot.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { describeWindow, rangeOptions, readWindow } from './window-options.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

export const diff = defineCommand({
  name: 'diff',
  usage: 'diff [<app-env> | <snapshot id>] [<snapshot id>] [--vs yesterday] [--env name] [--from 5s --to 8s]',
  summary: 'compares a snapshot, or a part of it, with the last revision before, or with the snapshot named',
  options: {
    env: environmentOption,
    vs: {
      type: 'string',
      value: 'yesterday',
      help: 'with that of yesterday, last-week, 2h before, or a revision',
    },
    ...rangeOptions,
  },
  examples: [
    'diff',
    'diff shop-prod',
    'diff shop-prod --from 5s --to 8s',
    'diff --vs yesterday',
    'diff 01940000-0000-7000-8000-000000000002 01940000-0000-7000-8000-000000000001',
  ],
  parse: wordsSchema.transform(({ positionals, options }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 2, needed: '' });
    if (problem !== undefined) addIssue(problem);
    const vs = readText(options, 'vs');
    if (vs !== undefined && positionals.length > 1)
      addIssue(`"${positionals[1]}" cannot stand with "--vs": each names what to compare with`);
    return {
      vs,
      target: positionals[0],
      baseline: positionals[1],
      environment: readText(options, 'env'),
      window: readWindow(options, addIssue),
    };
  }),
  async run({ target, baseline, vs, environment, window }, context) {
    const action = 'compare snapshots';
    const first = await chooseSnapshot(context, { target, environment, action });
    const second =
      vs !== undefined
        ? await chooseBaseline(context, first, vs)
        : baseline === undefined
          ? null
          : await chooseSnapshot(context, { target: baseline, environment, action });
    // Whichever way round two are named: what changed is told of the later one.
    const isSwapped = second !== null && second.createdAt > first.createdAt;
    const [snapshot, before] = isSwapped ? [second, first] : [first, second];
    const echo = `Comparing ${snapshot.app}-${snapshot.environment}${describeWindow(window)}`;
    const payload = { baselineId: before?.id ?? null, window };
    return await beginWork(context, { name: 'diff', echo, snapshot }, payload);
  },
});
