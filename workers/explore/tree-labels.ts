import type { CodeCategory } from '../../renderers/code-category.ts';
import { NO_FRAME } from '../../storage/profile/call-tree.ts';
import type { TreeAnswer } from '../exploration.ts';

type Label = { name: string; file: string; category: CodeCategory; mark: number; isMatch: boolean };

/** What stands on the rows, each function once however often it is called. Rows without a frame each have their own. */
export function collectLabels(
  rows: Uint32Array,
  { frameOf, describe }: { frameOf(row: number): number; describe(row: number): Label },
): Pick<TreeAnswer, 'label' | 'names' | 'files' | 'categories' | 'marks' | 'matches'> {
  const labels: Label[] = [];
  const labelOfFrame = new Map<number, number>();
  const label = Array.from(rows, (row) => {
    const frame = frameOf(row);
    const known = frame === NO_FRAME ? undefined : labelOfFrame.get(frame);
    if (known !== undefined) return known;
    if (frame !== NO_FRAME) labelOfFrame.set(frame, labels.length);
    return labels.push(describe(row)) - 1;
  });
  return {
    label,
    names: labels.map(({ name }) => name),
    files: labels.map(({ file }) => file),
    categories: labels.map(({ category }) => category),
    marks: labels.map(({ mark }) => mark),
    matches: labels.map(({ isMatch }) => Number(isMatch)),
  };
}
