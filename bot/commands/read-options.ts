import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { AvalancheError } from '../../storage/errors.ts';
import { nearestNames } from '../../storage/nearest-names.ts';
import { formatNames } from './format-names.ts';
import type { Words } from './words.ts';

type Option = { type: 'string' | 'boolean'; short?: string };
type Syntax<Arguments> = {
  name: string;
  usage: string;
  options: Record<string, Option>;
  parse: z.ZodType<Arguments, Words>;
};

/**
 * Reads the words of one command. parseArgs runs in its lenient mode, so that every mistake gets our own
 * words and a suggestion.
 *
 * @throws AvalancheError COMMAND_USAGE naming the word at fault and the usage
 */
export function readOptions<Arguments>(syntax: Syntax<Arguments>, words: readonly string[]): Arguments {
  const { options } = syntax;
  const { tokens, positionals } = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Words['options'] = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (known === undefined) throw unknownOption(syntax, token.rawName);
    if (values[token.name] !== undefined)
      throw usageError(syntax, `option "${token.rawName}" is given twice`);
    values[token.name] = readValue(syntax, known, token);
  }
  const result = syntax.parse.safeParse({ positionals, options: values });
  if (result.success) return result.data;
  throw usageError(syntax, result.error.issues.map((issue) => issue.message).join('; '));
}

function readValue(
  syntax: Syntax<unknown>,
  option: Option,
  token: { rawName: string; value: string | undefined },
): string | boolean {
  const { rawName, value } = token;
  if (option.type === 'boolean') {
    if (value === undefined) return true;
    throw usageError(syntax, `option "${rawName}" takes no value: found "${value}"`);
  }
  if (value !== undefined && value !== '' && !value.startsWith('-')) return value;
  throw usageError(syntax, `option "${rawName}" needs a value: found "${value ?? ''}"`);
}

function unknownOption(syntax: Syntax<unknown>, rawName: string): AvalancheError {
  const known = Object.keys(syntax.options);
  const near = nearestNames(rawName.replace(/^-+/, ''), known);
  const names = (near.length > 0 ? near : known).map((name) => `--${name}`);
  const hint =
    near.length > 0
      ? `did you mean ${formatNames(names)}?`
      : `it knows ${formatNames(names) || 'no options'}`;
  return usageError(syntax, `option "${rawName}" is unknown (${hint})`);
}

function usageError({ name, usage }: { name: string; usage: string }, problem: string): AvalancheError {
  return new AvalancheError(
    'COMMAND_USAGE',
    `Cannot read the command "${name}": ${problem}. Usage: ${usage}`,
    { name },
  );
}
