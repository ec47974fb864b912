import { categoryLabels, codeCategories } from './code-category.ts';
import { joinSentences, shortName } from './describe.ts';
import type { FlameGraphInput, FlameGraphOptions } from './flame-graph-input.ts';
import { formatShare } from './format-share.ts';
import { cleanLabel } from './label.ts';
import { sumCategories } from './sum-categories.ts';

const mostSteps = 8;

/** A path that holds less is one of many, not the hot one. */
const leastStepRatio = 0.05;

/**
 * What a flame graph shows, in words, for those who do not see it: suspects, the hot path from the root
 * up with its shares, time by kind of code.
 *
 * @returns at most 1,000 characters, one line
 */
export function describeFlameGraph(
  input: FlameGraphInput,
  { title, subtitle, suspects, isIcicle = false }: FlameGraphOptions,
): string {
  const sentences = [
    `${isIcicle ? 'Flame graph with its root on top' : 'Flame graph'}${title === '' ? '' : ` of ${cleanLabel(title)}`}.`,
    subtitle === '' ? '' : `${cleanLabel(subtitle)}.`,
    ...(input.total[0]! > 0
      ? [describeSuspects(suspects), describeHotPath(input), describeCategories(input)]
      : ['It is empty: no samples.']),
  ];
  return joinSentences(sentences);
}

function describeSuspects(suspects: FlameGraphOptions['suspects']): string {
  if (suspects.length === 0) return '';
  const named = suspects.slice(0, 5).map(({ rank, name, share, baselineShare }) => {
    const before = baselineShare == null ? '' : ` (was ${formatShare(baselineShare)})`;
    return `${rank} ${shortName(name)} ${formatShare(share)}${before}`;
  });
  return `Suspects: ${named.join(', ')}.`;
}

/** Always into the largest callee; frames that merely pass everything on are skipped, but for the first and the last. */
function describeHotPath(input: FlameGraphInput): string {
  const largest = findLargestCallees(input);
  const path: number[] = [];
  for (let row = largest[0]!; row !== -1 && ratioOf(input, row) >= leastStepRatio; row = largest[row]!)
    path.push(row);
  const steps = path.filter((row, step) => {
    const next = path[step + 1];
    return (
      step === 0 || next === undefined || input.mark(row) > 0 || input.total[next]! < input.total[row]! * 0.98
    );
  });
  if (steps.length === 0) return '';
  const shown = steps.length <= mostSteps ? steps : [...steps.slice(0, 3), ...steps.slice(3 - mostSteps)];
  const words = shown.map((row) => `${shortName(input.name(row))} ${formatShare(ratioOf(input, row))}`);
  return `Hottest path from the root: ${words.join(', ')}.`;
}

function findLargestCallees({ parent, total }: FlameGraphInput): Int32Array {
  const largest = new Int32Array(parent.length).fill(-1);
  for (let row = 1; row < parent.length; row++) {
    const best = largest[parent[row]!]!;
    if (best === -1 || total[row]! > total[best]!) largest[parent[row]!] = row;
  }
  return largest;
}

function describeCategories(input: FlameGraphInput): string {
  const sums = sumCategories(input);
  const shares = codeCategories
    .filter((category) => sums[category] > 0)
    .map((category) => `${categoryLabels[category]} ${formatShare(sums[category] / input.total[0]!)}`);
  return `Time by kind of code: ${shares.join(', ')}.`;
}

function ratioOf({ total }: FlameGraphInput, row: number): number {
  return total[row]! / total[0]!;
}
