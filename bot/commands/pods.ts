import { enqueue, type TextReport } from '../../workers/jobs.ts';
import { aimAt } from './aim-at.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

export const pods = defineCommand({
  name: 'pods',
  usage: 'pods <app-env> [--env name]',
  summary: 'lists the pods of an app, what is recorded of each, and why another is not',
  options: { env: environmentOption },
  examples: ['pods shop-prod'],
  parse: wordsSchema.transform(({ positionals, options }, { addIssue }) => {
    const needed = 'the app and its environment, as "<app-env>",';
    const problem = countArguments(positionals, { minimum: 1, maximum: 1, needed });
    if (problem !== undefined) addIssue(problem);
    return { target: positionals[0] ?? '', environment: readText(options, 'env') };
  }),
  async run({ target, environment: named }, context) {
    const {
      store,
      queue,
      request: { id },
    } = context;
    const place = await aimAt(context, target, named);
    const echo = `Looking for the pods of ${place.app}-${place.environment}`;
    const content: TextReport = { report: 'text', title: echo, lines: [], error: null };
    await store.writeMessage({ requestId: id, key: 'answer', kind: 'progress', content });
    await enqueue(queue, 'pods', `pods-${id}`, { requestId: id, ...place });
    return { state: 'started', echo };
  },
});
