import type { Window } from '../../workers/jobs.ts';
import { formatDuration } from '../replies/format-values.ts';
import type { CommandOption } from './command.ts';
import { parseDuration } from './duration.ts';
import { readText, type Words } from './words.ts';

export const rangeOptions = {
  from: { type: 'string', value: '5s', help: 'begin here, counted from the start of the recording' },
  to: { type: 'string', value: '8s', help: 'end here, counted from the start of the recording' },
} as const satisfies Record<string, CommandOption>;

/** Reads `--before`, `--from` and `--to`; each problem is told to `addProblem`. */
export function readWindow(options: Words['options'], addProblem: (problem: string) => void): Window {
  const read = (name: string): number | undefined => {
    const value = readText(options, name);
    if (value === undefined) return undefined;
    const ms = parseDuration(value);
    if (ms === undefined)
      addProblem(
        `option "--${name}" needs a duration up to a day like "90s", "10m" or "1h30m": found "${value}"`,
      );
    return ms;
  };
  const [beforeMs, fromMs, toMs] = [read('before'), read('from'), read('to')];
  if (beforeMs !== undefined && (fromMs !== undefined || toMs !== undefined)) {
    addProblem('"--before" cannot stand with "--from" or "--to"');
  }
  if (beforeMs === 0) addProblem('option "--before" needs a duration above zero');
  if (toMs !== undefined && toMs <= (fromMs ?? 0)) addProblem('"--to" has to be later than "--from"');
  return {
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(beforeMs === undefined ? {} : { beforeMs }),
  };
}

/** `, the last 10 min`, `, from 5 s to 8 s`; empty for all of it. */
export function describeWindow({ fromMs, toMs, beforeMs }: Window): string {
  if (beforeMs !== undefined) return `, the last ${formatDuration(beforeMs)}`;
  if (fromMs === undefined && toMs === undefined) return '';
  const from = fromMs === undefined ? 'the start' : formatDuration(fromMs);
  return `, from ${from} to ${toMs === undefined ? 'the end' : formatDuration(toMs)}`;
}
