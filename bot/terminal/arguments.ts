import { AvalancheError } from '../../storage/errors.ts';
import type { TerminalCommand, TerminalInput, TimeRange } from './terminal-command.ts';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

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
  const { number, unit = 's' } = /^(?<number>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)?$/.exec(text)?.groups ?? {};
  if (number === undefined) {
    throw usageError(command, `--${option} "${text}" is no offset (wanted: seconds, or 500ms, 1.5s, 2m)`);
  }
  return Number(number) * unitMs[unit as keyof typeof unitMs];
}

export function usageError(command: Pick<TerminalCommand, 'name'>, what: string): AvalancheError {
  return new AvalancheError('COMMAND_USAGE', `Cannot run "avalanche ${command.name}": ${what}`);
}
