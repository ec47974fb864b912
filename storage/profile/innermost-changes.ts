import { compareFunctions, type Difference, type FunctionChange } from './difference.ts';

/** A caller whose callee changed by this much of its own change only passes it on. */
const passedOnRatio = 0.7;

/**
 * Functions that changed above the noise with all they call, without those that only pass a change on to a
 * callee: where a change is spread over too many leaves for any of them to stand out, this is where it comes
 * together.
 *
 *     main +60 ─ render +48 ─ emit +47 ┬ draw +4        emit: what it calls grew by too little each
 *                                      └ clip +3 ...
 *
 * @returns by how much their total changed, the most first
 */
export function findInnermostChanges(difference: Difference): FunctionChange[] {
  const { parent, key } = difference;
  const changed = new Map(
    compareFunctions(difference)
      .filter(({ total }) => total.isAboveNoise)
      .map((change) => [key[change.row]!, change]),
  );
  const deltaOf = (row: number) => changed.get(key[row]!)?.total.delta.value ?? 0;
  const passesOn = new Set<number>();
  for (let row = 1; row < parent.length; row++) {
    const caller = parent[row]!;
    if (key[caller] !== key[row] && deltaOf(row) / deltaOf(caller) >= passedOnRatio)
      passesOn.add(key[caller]!);
  }
  const sizeOf = ({ total }: FunctionChange) => Math.abs(total.delta.value);
  return [...changed.values()]
    .filter(({ row }) => !passesOn.has(key[row]!))
    .sort((a, b) => sizeOf(b) - sizeOf(a) || a.row - b.row);
}
