import type { RequestRow } from '../../storage/database/store.ts';
import type { ReplyContext } from '../replies/reply.ts';

/** As the explorer makes it: for whoever asked at `issuedAt`. */
export type MakeExplorerLink = (
  snapshotId: string,
  issuedAt: number,
  chosen?: Record<string, string>,
) => string;

/** Links of one request: the same each time its messages are rendered. */
export function linkFor(
  make: MakeExplorerLink | null,
  { createdAt }: RequestRow,
): ReplyContext['explorerLink'] {
  if (make === null) return undefined;
  return (snapshotId, chosen) => make(snapshotId, createdAt, chosen);
}
