import { AvalancheError } from '../storage/errors.ts';
import { takeBreakGlass, withBreakGlass } from './break-glass.ts';
import type { Command, PreparedCommand } from './commands/command.ts';
import { readFollowUp } from './commands/follow-up.ts';
import { commands as allCommands } from './commands/index.ts';
import { suggestCommand } from './commands/suggest-command.ts';
import { cleanLine, truncate } from './replies/escape.ts';

/** Slack lets people type more; nothing that we understand comes near it. */
const longestText = 2_000;

/**
 * What a person typed, as a command with typed arguments. Text comes from Slack, with everything that Slack
 * and a phone's keyboard make of it; a list of words comes from a shell, which has done the quoting.
 *
 * @throws AvalancheError COMMAND_UNKNOWN or COMMAND_USAGE, saying what was probably meant
 */
export function parseCommandLine(
  typed: string | readonly string[],
  commands: readonly Command[] = allCommands,
): PreparedCommand {
  const words =
    typeof typed === 'string' ? splitWords(readSlackText(typed)) : checkWords(typed).map(mendDashes);
  const { words: rest, reason } = takeBreakGlass(words);
  return withBreakGlass(prepareCommand(readFollowUp(rest) ?? rest, commands), reason);
}

function prepareCommand(words: readonly string[], commands: readonly Command[]): PreparedCommand {
  const [name = 'help', ...rest] = words;
  if (isHelpFlag(name)) return getCommand('help', commands).prepare([]);
  const command = getCommand(name, commands);
  if (rest.some(isHelpFlag)) return getCommand('help', commands).prepare([command.name]);
  return command.prepare(rest);
}

const isHelpFlag = (word: string) => word === '--help' || word === '-h';

function getCommand(wanted: string, commands: readonly Command[]): Command {
  const found = commands.find(({ name }) => name === wanted.toLowerCase());
  if (found !== undefined) return found;
  throw new AvalancheError('COMMAND_UNKNOWN', suggestCommand(truncate(wanted, 60), commands));
}

function checkLength(length: number): void {
  if (length <= longestText) return;
  throw new AvalancheError(
    'COMMAND_USAGE',
    `Cannot read a command of "${length}" characters: at most ${longestText} are read`,
  );
}

function checkWords(words: readonly string[]): readonly string[] {
  checkLength(words.reduce((sum, word) => sum + word.length + 1, 0));
  return words;
}

/** Slack's own notation back to what was typed. Its three escapes come last, or `&lt;@U1&gt;` would become a mention. */
function readSlackText(text: string): string {
  checkLength(text.length);
  return cleanLine(text)
    .replace(/<([^<>|]*)(?:\|([^<>]*))?>/g, (_whole, target: string, label: string | undefined) =>
      readReference(target, label),
    )
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/[\u200B-\u200D\u2060\uFEFF]/g, '');
}

/** `<@U1|ada>` is `@U1`, for anybody can have the name, `<#C1|ops>` is `#ops`, `<https://shop.example|shop.example>` is `shop.example`. */
function readReference(target: string, label: string | undefined): string {
  const shown = label === undefined || label === '' ? undefined : label;
  const sigil = target.charAt(0);
  if (sigil === '@') return target;
  if (sigil === '#') return sigil + (shown ?? target.slice(1)).replace(/^#/, '');
  if (sigil === '!') return `@${shown ?? target.slice(1)}`;
  return shown ?? target;
}

const doubleQuotes = /[\u201C-\u201F\u2033\u00AB\u00BB]/g;
const singleQuotes = /[\u2018-\u201B\u2032]/g;

/** Words between blanks; quotes keep blanks together. */
function splitWords(text: string): string[] {
  const straight = text.replace(doubleQuotes, '"').replace(singleQuotes, "'");
  const words = straight.match(/(?:"[^"]*"|(?<![^\s=])'[^']*'|\S)+/g) ?? [];
  return words.map((word) =>
    mendDashes(
      word.replace(/"([^"]*)"|(?<![^=])'([^']*)'/g, (_quoted, double = '', single = '') => double || single),
    ),
  );
}

const dash = '[\\u2010-\\u2015\\u2212]';
const leadingDashes = new RegExp(`^(?:${dash}|-)+(?=[a-z])`, 'i');
const anyDash = new RegExp(dash, 'g');

/** Keyboards turn `--` into one long dash: it begins an option, inside a word it is a dash. */
function mendDashes(word: string): string {
  const dashes = leadingDashes.exec(word)?.[0] ?? '';
  const isOption = /[\u2010-\u2015\u2212]/.test(dashes);
  const rest = word.slice(isOption ? dashes.length : 0).replace(anyDash, '-');
  if (!isOption) return rest;
  return `${/^[a-z]$/i.test(rest) ? '-' : '--'}${rest}`;
}
