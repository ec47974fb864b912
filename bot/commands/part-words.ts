import type { Part, Window } from '../../workers/jobs.ts';
import { parseDuration } from './duration.ts';

const dayMs = 86_400_000;

/**
 * `5s-8s`, `5s..8s`, `5-8`: offsets into the recording.
 *
 * @returns undefined for what is none; an empty range is the caller's to refuse
 */
export function parseOffsets(text: string): Required<Pick<Window, 'fromMs' | 'toMs'>> | undefined {
  const [from, to, ...more] = text.split(/\.\.|-/);
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  const [fromMs, toMs] = [parseDuration(from), parseDuration(to)];
  return fromMs === undefined || toMs === undefined ? undefined : { fromMs, toMs };
}

/** `03:12:10-03:12:25`, `03:12-03:14`: times of the day in UTC. An end before the beginning is on the next day. */
export function parseClock(text: string): Part['clock'] | undefined {
  const [from, to, ...more] = text.split(/\.\.|-/);
  if (from === undefined || to === undefined || more.length > 0) return undefined;
  const [fromMs, toMs] = [parseTime(from), parseTime(to)];
  if (fromMs === undefined || toMs === undefined) return undefined;
  return { fromMs, toMs: toMs < fromMs ? toMs + dayMs : toMs };
}

function parseTime(text: string): number | undefined {
  const [, hour, minute, second = '0', fraction = '0'] =
    /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,3})?)?z?$/i.exec(text) ?? [];
  if (hour === undefined || minute === undefined) return undefined;
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second) + Number(fraction)];
  if (hours > 24 || minutes > 59 || seconds >= 60) return undefined;
  return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1_000);
}

/** `2`: the number of a burst in the heatmap. */
export function parseBurst(text: string): number | undefined {
  return /^[1-9]\d?$/.test(text) ? Number(text) : undefined;
}

/** Whether a word says which part, and not of which snapshot. */
export function isPart(word: string): boolean {
  return parseOffsets(word) !== undefined || parseClock(word) !== undefined || parseBurst(word) !== undefined;
}
