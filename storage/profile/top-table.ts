import { buildCallTree, type CallTree, NO_FRAME } from './call-tree.ts';
import type { Profile, Selection } from './profile.ts';
import type { Measure } from './selection.ts';

export type TopTableRow = {
  /** Row in the profile's frames. */
  frame: number;
  self: number;
  /** A function that calls itself counts once for each sample. */
  total: number;
};

/** Every frame of a selection with its self and total value, by self value, then by total, descending. */
export function buildTopTable(
  profile: Profile,
  selection: Selection = {},
  { by = 'count' }: { by?: Measure } = {},
): TopTableRow[] {
  const tree = buildCallTree(profile, selection, { by });
  const self = new Float64Array(profile.frames.name.length);
  const total = new Float64Array(profile.frames.name.length);
  const seen = new Uint8Array(profile.frames.name.length);
  walkOutermost(tree, profile.frames.name.length, (row, isOutermost) => {
    const frame = tree.frame[row]!;
    seen[frame] = 1;
    self[frame]! += tree.self[row]!;
    if (isOutermost) total[frame]! += tree.total[row]!;
  });
  const table: TopTableRow[] = [];
  for (let frame = 0; frame < seen.length; frame++) {
    if (seen[frame] === 1) table.push({ frame, self: self[frame]!, total: total[frame]! });
  }
  return table.sort((a, b) => b.self - a.self || b.total - a.total || a.frame - b.frame);
}

/**
 * Visits every call node depth first and says whether it is the outermost of its frame on its path. One
 * counter a frame, raised on the way in and lowered on the way out: no ancestor is looked at twice,
 * however deep the recursion.
 */
export function walkOutermost(
  tree: Pick<CallTree, 'parent' | 'frame'>,
  frameCount: number,
  visit: (row: number, isOutermost: boolean) => void,
): void {
  const { firstCallee, nextSibling } = linkCallees(tree.parent);
  const onPath = new Uint32Array(frameCount);
  let row = 0;
  while (true) {
    const frame = tree.frame[row]!;
    if (frame !== NO_FRAME) visit(row, onPath[frame]!++ === 0);
    if (firstCallee[row] !== -1) {
      row = firstCallee[row]!;
      continue;
    }
    while (true) {
      const leaving = tree.frame[row]!;
      if (leaving !== NO_FRAME) onPath[leaving]!--;
      if (row === 0) return;
      if (nextSibling[row] !== -1) {
        row = nextSibling[row]!;
        break;
      }
      row = tree.parent[row]!;
    }
  }
}

function linkCallees(parent: Int32Array): { firstCallee: Int32Array; nextSibling: Int32Array } {
  const firstCallee = new Int32Array(parent.length).fill(-1);
  const nextSibling = new Int32Array(parent.length).fill(-1);
  for (let row = parent.length - 1; row > 0; row--) {
    nextSibling[row] = firstCallee[parent[row]!]!;
    firstCallee[parent[row]!] = row;
  }
  return { firstCallee, nextSibling };
}
