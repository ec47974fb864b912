import { NO_STACK, type Profile } from '../../storage/profile/profile.ts';

/** What does not hang together in a profile that a reader gave; null where all does. */
export function findFault({ samples, stacks, frames, threads, events }: Profile): string | null {
  const isRow = (rows: { length: number }) => (row: number) => row < rows.length;
  const isNumber = (value: number) => Number.isFinite(value) && value >= 0;
  const rules: [string, boolean][] = [
    ['there are samples', samples.timeMs.length > 0],
    ['times ascend', samples.timeMs.every((timeMs, row) => timeMs >= (samples.timeMs[row - 1] ?? 0))],
    ['stacks exist', samples.stack.every((row) => row >= NO_STACK && row < stacks.parent.length)],
    ['threads exist', samples.thread.every(isRow(threads))],
    ['events exist', samples.event.every(isRow(events))],
    ['callers stand first', stacks.parent.every((parent, row) => parent >= NO_STACK && parent < row)],
    ['frames exist', stacks.frame.every(isRow(frames.name))],
    ['weights are numbers', samples.weight.every(isNumber)],
    ['counts are numbers', samples.count.every(isNumber)],
  ];
  return rules.find(([, holds]) => !holds)?.[0] ?? null;
}
