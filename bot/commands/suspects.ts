import type { SnapshotId, SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { resolveAppEnvironment } from '../../storage/read-config.ts';
import { enqueue, type TextReport } from '../../workers/jobs.ts';
import { type CommandContext, defineCommand } from './command.ts';
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
    const snapshot = await chooseSnapshot(context, target, environment);
    const { id } = context.request;
    const name = `${snapshot.app}-${snapshot.environment}`;
    const echo = `Looking for suspects in ${name}${describeWindow(window)}`;
    // Becomes the suspects in place; a result that is there already stays.
    const content: TextReport = {
      report: 'text',
      title: echo,
      lines: [`Snapshot ${snapshot.id}`],
      error: null,
    };
    await context.store.writeMessage({ requestId: id, key: 'suspects', kind: 'progress', content });
    await enqueue(context.queue, 'suspects', `suspects-${id}`, {
      requestId: id,
      snapshotId: snapshot.id,
      window,
    });
    return { state: 'started', echo };
  },
});

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function chooseSnapshot(
  context: CommandContext,
  target: string | undefined,
  environment: string | undefined,
): Promise<SnapshotRow> {
  if (target === undefined) return getThreadSnapshot(context);
  return uuid.test(target) ? getSnapshot(context, target) : getNewestSnapshot(context, target, environment);
}

async function getSnapshot({ store }: CommandContext, id: string): Promise<SnapshotRow> {
  const found = await store.findSnapshot(id.toLowerCase() as SnapshotId);
  if (found !== undefined) return found;
  throw new AvalancheError(
    'SNAPSHOT_UNKNOWN',
    `Cannot open the snapshot "${id}": it is not, or no longer, kept`,
  );
}

async function getNewestSnapshot(
  context: CommandContext,
  target: string,
  named: string | undefined,
): Promise<SnapshotRow> {
  const { application, environment } = resolveAppEnvironment(context.config, target, named);
  const filter = { app: application.name, environment: environment.name, limit: 1 };
  const [newest] = await context.store.listSnapshots(filter);
  if (newest !== undefined) return newest;
  const name = `${application.name}-${environment.name}`;
  throw new AvalancheError(
    'SNAPSHOT_UNKNOWN',
    `Cannot look for suspects in "${name}": no snapshot of it is kept`,
  );
}

/** The snapshot that this thread is about. */
async function getThreadSnapshot({ store, request }: CommandContext): Promise<SnapshotRow> {
  const { teamId, channelId, threadTs } = request;
  if (threadTs === null) {
    throw new AvalancheError(
      'COMMAND_USAGE',
      'Cannot look for suspects: no snapshot is named, and only in the thread of a snapshot is it clear which one is meant',
    );
  }
  const found = await store.findSnapshotByThread({ teamId, channelId, threadTs });
  if (found !== undefined) return found;
  throw new AvalancheError('SNAPSHOT_UNKNOWN', 'Cannot look for suspects: this thread has no snapshot yet');
}
