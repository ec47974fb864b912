import { formatPoints } from '../../renderers/format-points.ts';
import { formatShare } from '../../renderers/format-share.ts';
import type { Change } from '../../storage/profile/difference.ts';
import type { Window } from '../jobs.ts';
import type { ComparedTotals, Comparison } from './compare-recordings.ts';

/** As many as a program can use, and a file can hold. */
const mostFunctions = 1_000;
/** As many as a person reads. */
const mostLines = 10;

/** A comparison as plain values, for JSON. */
export function describeComparison({ difference, event, before, after, functions, remarks }: Comparison) {
  return {
    normalizedBy: difference.normalizedBy,
    event,
    before,
    after,
    functions: functions.slice(0, mostFunctions).map(({ name, file, category, self, total }) => ({
      function: name,
      file,
      category,
      self: describeChange(self),
      total: describeChange(total),
    })),
    functionCount: functions.length,
    remarks,
  };
}

function describeChange({ before, after, delta, isAboveNoise }: Change) {
  return {
    before: before.value,
    after: after.value,
    delta: delta.value,
    low: delta.low,
    high: delta.high,
    aboveNoise: isAboveNoise,
  };
}

/**
 * What changed the most, as lines; those of the table begin with two blanks.
 *
 *     292 samples against 1,265, cpu-clock, by share of samples
 *         before     after  change  95 % interval
 *           0 %      56 %     +56    +50 to  +62  Checkout.recomputeDiscounts
 */
export function listChanges(comparison: Comparison): string[] {
  const { changes, remarks } = comparison;
  const notes = remarks.map((remark) => `Note: ${remark}`);
  if (changes.length === 0) return [describeTotals(comparison), 'Nothing changed above the noise', ...notes];
  const more = changes.length - mostLines;
  return [
    describeTotals(comparison),
    '    before     after    change  95 % interval',
    ...changes.slice(0, mostLines).map(({ name, change }) => {
      const { before, after, delta } = change;
      const interval = `${formatPoints(delta.low)} to ${formatPoints(delta.high)}`;
      const cells = [formatShare(before.value), formatShare(after.value), formatPoints(delta.value)];
      return `${cells.map((cell) => cell.padStart(10)).join('')}  ${interval.padEnd(15)}${name}`;
    }),
    ...(more > 0 ? [`and ${more} more above the noise`] : []),
    ...notes,
  ];
}

/** What grew most, in one sentence. */
export function formatVerdict({ changes }: Comparison): string {
  const grown = changes.find(({ change }) => change.delta.value > 0);
  if (grown === undefined) return 'Nothing grew above the noise';
  const { before, after, delta } = grown.change;
  return `${grown.name} grew most: ${formatPoints(delta.value)} points (${formatShare(before.value)} to ${formatShare(after.value)})`;
}

/** `294 samples (without 233 idle) against 1,483 (without 391 idle) · cpu-clock · share of samples` */
export function describeTotals({ before, after, event, difference }: Comparison): string {
  const amount = (count: number) => Math.round(count).toLocaleString('en');
  const idle = ({ idleCount }: ComparedTotals) =>
    idleCount === 0 ? '' : ` (without ${amount(idleCount)} idle)`;
  const parts = [
    `${amount(after.sampleCount)} samples${idle(after)} against ${amount(before.sampleCount)}${idle(before)}`,
    ...(event === 'samples' ? [] : [event]),
    difference.normalizedBy === 'time' ? 'CPU time per second recorded' : 'share of samples',
  ];
  return parts.join(' · ');
}

/** `4 s to 7 s`, `from 4 s`, `the last 30 s`; '' for all of a recording. */
export function nameWindow({ fromMs, toMs, beforeMs }: Window): string {
  const seconds = (ms: number) => `${Number((ms / 1000).toFixed(3))} s`;
  if (beforeMs !== undefined) return `the last ${seconds(beforeMs)}`;
  if (toMs !== undefined) return `${seconds(fromMs ?? 0)} to ${seconds(toMs)}`;
  return fromMs === undefined ? '' : `from ${seconds(fromMs)}`;
}
