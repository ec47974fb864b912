import { enqueue, newSummary } from '../../workers/jobs.ts';
import { aimAt } from './aim-at.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { describeWindow, rangeOptions, readWindow } from './window-options.ts';
import { describeWish, readWish, wishOptions } from './wish-options.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

export const snapshot = defineCommand({
  name: 'snapshot',
  usage:
    'snapshot <app-env> [--env name] [--before 10m | --from 5s --to 8s | --for 30s] [--pod name | --pods 3] [--container name] [--url https://…]',
  summary: 'takes a snapshot of every pod: flame graph and suspects',
  options: {
    env: environmentOption,
    before: {
      type: 'string',
      short: 'b',
      value: '10m',
      help: 'only the last so many minutes of the recording',
    },
    ...rangeOptions,
    ...wishOptions,
  },
  examples: [
    'snapshot shop-prod',
    'snapshot shop-prod --before 2m',
    'snapshot shop --env prod --from 5s --to 8s',
    'snapshot shop-prod --for 30s --pods 3',
  ],
  parse: wordsSchema.transform(({ positionals, options }, { addIssue }) => {
    const problem = countArguments(positionals, {
      minimum: 1,
      maximum: 1,
      needed: 'the app and its environment, as "<app-env>",',
    });
    if (problem !== undefined) addIssue(problem);
    return {
      target: positionals[0] ?? '',
      environment: readText(options, 'env'),
      window: readWindow(options, addIssue),
      wish: readWish(options, addIssue),
    };
  }),
  // A request of a version that had no wishes may be begun again here.
  async run({ target, environment: named, window, wish = {} }, context) {
    const { app, environment } = await aimAt(context, target, named);
    await writeFirstSummary(context, app, environment);
    const { id } = context.request;
    await enqueue(context.queue, 'snapshot', `snapshot-${id}`, {
      requestId: id,
      app,
      environment,
      window,
      wish,
    });
    return {
      state: 'started',
      echo: `Taking a snapshot of ${app}-${environment}${describeWindow(window)}${describeWish(wish)}`,
    };
  },
});

/** Written before the job is added, so that it never overwrites what a worker says. */
async function writeFirstSummary(
  { store, request, now }: CommandContext,
  app: string,
  environment: string,
): Promise<void> {
  const messages = await store.listMessages(request.id);
  if (messages.some(({ key }) => key === 'summary')) return;
  const content = newSummary({ app, environment, startedAt: now() });
  await store.writeMessage({ requestId: request.id, key: 'summary', kind: 'progress', content });
}
