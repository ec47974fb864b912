import { buildCallTree } from './call-tree.ts';
import type { Profile, Selection } from './profile.ts';
import type { Measure } from './selection.ts';

/**
 * Folded stacks, `comm;caller;callee 12`, one line for each call path that samples ended in. Semicolons
 * and line breaks inside names would make other stacks of them: they become `:` and blanks.
 */
export function* formatFolded(
  profile: Profile,
  selection: Selection = {},
  { by = 'count' }: { by?: Measure } = {},
): Generator<string> {
  const tree = buildCallTree(profile, selection, { by, groupByComm: true });
  const path: string[] = [];
  for (let row = 1; row < tree.parent.length; row++) {
    const caller = path[tree.parent[row]!];
    const name = toFoldedName(tree.name(row));
    path[row] = caller === undefined ? name : `${caller};${name}`;
    if (tree.self[row]! > 0) yield `${path[row]} ${tree.self[row]}`;
  }
}

function toFoldedName(name: string): string {
  return name.replaceAll(';', ':').replaceAll(/[\r\n]+/g, ' ');
}
