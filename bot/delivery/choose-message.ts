import type { MessageRow } from '../../storage/database/store.ts';
import { type FileReport, messageKeys } from '../../workers/jobs.ts';

const fileKeys: readonly string[] = [
  'flame-graph',
  'heatmap',
  'pods',
  'bundle',
] satisfies FileReport['report'][];

/** The message to send next: results before progress, then in the order in which they stand in the thread. */
export function chooseMessage(pending: readonly MessageRow[], hasThread: boolean): MessageRow | undefined {
  const ordered = [...pending].sort((a, b) => rankKind(a) - rankKind(b) || rankKey(a) - rankKey(b));
  if (hasThread) return ordered[0];
  // The first message becomes the thread. An uploaded file learns its timestamp late, so it is a poor parent.
  return (
    ordered.find(({ key }) => key === 'summary') ??
    ordered.find(({ key }) => !fileKeys.includes(key)) ??
    ordered[0]
  );
}

const rankKind = ({ kind }: MessageRow) => (kind === 'result' ? 0 : 1);

function rankKey({ key }: MessageRow): number {
  const rank = (messageKeys as readonly string[]).indexOf(key);
  return rank === -1 ? messageKeys.length : rank;
}
