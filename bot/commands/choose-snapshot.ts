import type { SnapshotId, SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { aimAt } from './aim-at.ts';
import type { CommandContext } from './command.ts';
import { uuid } from './uuid.ts';

/** What a person names: an app and its environment, a snapshot's id, or nothing for the snapshot of this thread. */
type Choice = {
  target: string | undefined;
  environment: string | undefined;
  /** What cannot be done without: `look for suspects`. */
  action: string;
};

/** @throws AvalancheError SNAPSHOT_UNKNOWN, COMMAND_USAGE without a thread, or what the name of an app may lack */
export async function chooseSnapshot(context: CommandContext, choice: Choice): Promise<SnapshotRow> {
  const { target } = choice;
  if (target !== undefined && !uuid.test(target)) return getNewestSnapshot(context, target, choice);
  const found = await (target === undefined
    ? getThreadSnapshot(context, choice)
    : getSnapshot(context, target));
  await context.aim(found);
  return found;
}

/** @throws AvalancheError SNAPSHOT_UNKNOWN */
export async function getSnapshot({ store }: CommandContext, id: string): Promise<SnapshotRow> {
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
  { environment: named, action }: Choice,
): Promise<SnapshotRow> {
  const wanted = await aimAt(context, target, named);
  const [newest] = await context.store.listSnapshots({ ...wanted, limit: 1 });
  if (newest !== undefined) return newest;
  const name = `${wanted.app}-${wanted.environment}`;
  throw new AvalancheError('SNAPSHOT_UNKNOWN', `Cannot ${action} in "${name}": no snapshot of it is kept`);
}

/** The snapshot that this thread is about. */
async function getThreadSnapshot(
  { store, request }: CommandContext,
  { action }: Choice,
): Promise<SnapshotRow> {
  const { teamId, channelId, threadTs } = request;
  if (threadTs === null) {
    throw new AvalancheError(
      'COMMAND_USAGE',
      `Cannot ${action}: no snapshot is named, and only in the thread of a snapshot is it clear which one is meant`,
    );
  }
  const found = await store.findSnapshotByThread({ teamId, channelId, threadTs });
  if (found !== undefined) return found;
  throw new AvalancheError('SNAPSHOT_UNKNOWN', `Cannot ${action}: this thread has no snapshot yet`);
}
