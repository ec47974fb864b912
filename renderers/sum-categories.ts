import type { CodeCategory } from './code-category.ts';

/** How much of a call tree's self values lies in code of each kind; the root's are unknown. */
export function sumCategories(tree: {
  self: Float64Array;
  category(row: number): CodeCategory;
}): Record<CodeCategory, number> {
  const sums = { own: 0, library: 0, runtime: 0, kernel: 0, unknown: 0 };
  for (let row = 0; row < tree.self.length; row++) {
    if (tree.self[row]! > 0) sums[row === 0 ? 'unknown' : tree.category(row)] += tree.self[row]!;
  }
  return sums;
}
