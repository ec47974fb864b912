import { cleanLine, truncate } from './escape.ts';

/** `340 ms`, `58 s`, `2 min 30 s`, `1 h 5 min`: two units at most. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 10) return `${trimZero(ms / 1_000)} s`;
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = units.findIndex(([amount]) => amount > 0);
  const shown = units.slice(first, first + 2).filter(([amount]) => amount > 0);
  return shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ');
}

const trimZero = (value: number) => value.toFixed(1).replace(/\.0$/, '');

/** `12,340` */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `12,340 samples`, `1 sample` */
export function formatAmount(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${Math.round(count) === 1 ? '' : 's'}`;
}

/** `03:12:04` in UTC; with the day when it is not that of `nowMs`. */
export function formatTime(timeMs: number, nowMs: number): string {
  const iso = toIso(timeMs);
  return iso.slice(0, 10) === toIso(nowMs).slice(0, 10)
    ? iso.slice(11, 19)
    : iso.slice(0, 19).replace('T', ' ');
}

/** Out of a Date's range a time is nonsense of the recording, and no reason to fail. */
function toIso(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? 'at an unknown time' : date.toISOString();
}

const ages: [number, string][] = [
  [365 * 86_400_000, 'year'],
  [30 * 86_400_000, 'month'],
  [7 * 86_400_000, 'week'],
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
];

/** How long ago in words: `3 hours ago`. */
export function formatAge(sinceMs: number, nowMs: number): string {
  const ageMs = nowMs - sinceMs;
  if (Number.isNaN(ageMs)) return 'at an unknown time';
  if (ageMs < -60_000) return 'in the future';
  const [unitMs, unit] = ages.find(([length]) => ageMs >= length) ?? [0, ''];
  if (unitMs === 0) return 'just now';
  const amount = Math.floor(ageMs / unitMs);
  return `${amount} ${unit}${amount === 1 ? '' : 's'} ago`;
}

/** A commit id as people write it; a tag or branch as it is. */
export function formatRevision(revision: string): string {
  return /^[0-9a-f]{20,64}$/i.test(revision) ? revision.slice(0, 10) : truncate(cleanLine(revision), 40);
}
