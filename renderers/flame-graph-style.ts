import type { FlameGraphInput } from './flame-graph-input.ts';
import { formatShare } from './format-share.ts';
import { palettes, shadeOf, type Theme } from './palette.ts';

/** How the box of a row looks. */
export type BoxStyle = {
  paint(row: number): { fill: string; text: string };
  /** What stands after the name, the longest form first; the last one stays even where the name is cut. */
  labelAfter(row: number, foldedCount: number): readonly string[];
};

/** Less is a sliver, whose number says nothing. */
const leastShareShown = 0.01;

/** Colours by kind of code, the app's suspects apart from all; shares behind the names. */
export function plainStyle(input: FlameGraphInput, theme: Theme = 'light'): BoxStyle {
  const { root, suspect, category } = palettes[theme];
  return {
    paint(row) {
      if (row === 0) return root;
      if (input.mark(row) > 0) return suspect;
      const { fills, text } = category[input.category(row)];
      return { fill: fills[shadeOf(input.name(row))], text };
    },
    labelAfter(row, foldedCount) {
      const ratio = input.total[row]! / input.total[0]!;
      const folded = foldedCount === 0 ? '' : ` +${foldedCount}`;
      const share = ratio < leastShareShown ? '' : ` ${formatShare(ratio)}`;
      return [folded + share, ''];
    },
  };
}
