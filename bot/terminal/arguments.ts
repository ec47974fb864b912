import { AvalancheError } from '../../storage/errors.ts';
import { parseDuration } from '../commands/duration.ts';
import type { TerminalCommand, TerminalInput, TimeRange } from './terminal-command.ts';

/** The one FILE that a command takes. */
export function oneFile(input: TerminalInput, command: TerminalCommand): string {
  const [file, ...rest] = input.positionals;
  if (file !== undefined && rest.length === 0) return file;
  throw usageError(
    command,
    file === undefined ? 'no FILE is given' : `one FILE is wanted (${rest.length + 1} are given)`,
  );
}

export function stringOf(input: TerminalInput, option: string): string | null {
  const value = input.values[option];
  return typeof value === 'string' ? value : null;
}

export function flagOf(input: TerminalInput, option: string): boolean {
  return input.values[option] === true;
}

/** `--from` and `--to`: seconds since the first sample, or with a unit (`500ms`, `1.5s`, `2m`). */
export function timeRangeOf(input: TerminalInput, command: TerminalCommand): TimeRange {
  const range = { fromMs: offsetOf(input, 'from', command), toMs: offsetOf(input, 'to', command) };
  if (range.fromMs !== undefined && range.toMs !== undefined && range.fromMs >= range.toMs) {
    throw usageError(command, '--from must lie before --to');
  }
  return range;
}

function offsetOf(input: TerminalInput, option: string, command: TerminalCommand): number | undefined {
  const text = stringOf(input, option);
  if (text === null) return undefined;
  const offsetMs = parseDuration(text);
  if (offsetMs !== undefined) return offsetMs;
  throw usageError(command, `--${option} "${text}" is no offset (wanted: seconds, or 500ms, 1.5s, 2m)`);
}

export function usageError(command: Pick<TerminalCommand, 'name'>, what: string): AvalancheError {
  return new AvalancheError('COMMAND_USAGE', `Cannot run "avalanche ${command.name}": ${what}`);
}
