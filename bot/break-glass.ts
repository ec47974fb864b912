import { AvalancheError } from '../storage/errors.ts';
import type { PreparedCommand } from './commands/command.ts';
import { cleanLine, truncate } from './replies/escape.ts';

const option = '--break-glass';
const longestReason = 300;

/**
 * Takes `--break-glass "reason"` out of the words of a command: it stands with every command, and means the same.
 *
 * @throws AvalancheError COMMAND_USAGE without a reason
 */
export function takeBreakGlass(words: readonly string[]): {
  words: readonly string[];
  reason: string | null;
} {
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  if (at === -1) return { words, reason: null };
  const isJoined = words[at] !== option;
  const given = isJoined ? words[at]!.slice(option.length + 1) : (words[at + 1] ?? '');
  const reason = truncate(cleanLine(given), longestReason);
  if (reason === '' || (!isJoined && given.startsWith('-')))
    throw new AvalancheError(
      'COMMAND_USAGE',
      `Cannot break the glass: option "${option}" needs a reason, as in ${option} "on call, all others asleep"`,
    );
  return { words: words.toSpliced(at, isJoined ? 1 : 2), reason };
}

/** Kept among the arguments, so that a command that is begun again has it too. */
export function withBreakGlass(prepared: PreparedCommand, reason: string | null): PreparedCommand {
  if (reason === null) return prepared;
  return {
    ...prepared,
    breakGlass: reason,
    arguments: { ...(prepared.arguments as object), breakGlass: reason },
  };
}

export function restoreBreakGlass(prepared: PreparedCommand, stored: unknown): PreparedCommand {
  const { breakGlass } = (stored ?? {}) as { breakGlass?: unknown };
  return typeof breakGlass === 'string' ? { ...prepared, breakGlass } : prepared;
}
