import { type DoctorReport, enqueue } from '../../workers/jobs.ts';
import { aimAt } from './aim-at.ts';
import { defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

export const doctor = defineCommand({
  name: 'doctor',
  usage: 'doctor <app-env> [--env name]',
  summary: 'tries the whole way of a snapshot without recording, and says what is broken and what to do',
  options: { env: environmentOption },
  examples: ['doctor shop-prod'],
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
    // A first sign of life; the workers know the steps. A result that is there already stays.
    const content: DoctorReport = { report: 'doctor', ...place, steps: [] };
    await store.writeMessage({ requestId: id, key: 'answer', kind: 'progress', content });
    await enqueue(queue, 'doctor', `doctor-${id}`, { requestId: id, ...place });
    return { state: 'started', echo: `Looking at ${place.app}-${place.environment}, without recording` };
  },
});
