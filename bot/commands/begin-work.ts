import type { SnapshotRow } from '../../storage/database/store.ts';
import {
  enqueue,
  type JobName,
  type JobPayload,
  type MessageKey,
  type TextReport,
} from '../../workers/jobs.ts';
import type { CommandContext, CommandResult } from './command.ts';

/**
 * Begins a job on a stored snapshot, with a first sign of life that its answer replaces in place; a result that is
 * there already stays.
 *
 * @param begun.echo what was understood
 * @param begun.key the message that will be the answer
 */
export async function beginWork<Name extends 'suspects' | 'diff' | 'zoom' | 'export'>(
  { store, queue, request: { id } }: CommandContext,
  begun: { name: Name; echo: string; key?: MessageKey; snapshot: SnapshotRow },
  payload: Omit<JobPayload<Name>, 'requestId' | 'snapshotId'>,
): Promise<CommandResult> {
  const { name, echo, key = 'answer', snapshot } = begun;
  const lines = [`Snapshot ${snapshot.id}`];
  const content: TextReport = { report: 'text', title: echo, lines, error: null };
  await store.writeMessage({ requestId: id, key, kind: 'progress', content });
  const whole = { ...payload, requestId: id, snapshotId: snapshot.id } as unknown as JobPayload<Name>;
  await enqueue(queue, name satisfies JobName, `${name}-${id}`, whole);
  return { state: 'started', echo };
}
