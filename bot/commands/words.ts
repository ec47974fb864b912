import { z } from 'zod';

/** What node's parseArgs leaves of a command: the input of every command's schema. */
export const wordsSchema = z.object({
  positionals: z.array(z.string()),
  options: z.record(z.string(), z.union([z.string(), z.boolean()]).optional()),
});

export type Words = z.infer<typeof wordsSchema>;

/** What is wrong when a command has more, or fewer, arguments than it takes. */
export function countArguments(
  positionals: readonly string[],
  { minimum, maximum, needed }: { minimum: number; maximum: number; needed: string },
): string | undefined {
  if (positionals.length < minimum) return `${needed} is missing`;
  const extra = positionals[maximum];
  return extra === undefined ? undefined : `"${extra}" is one argument too many`;
}

/** The value of an option that takes one. */
export function readText(options: Words['options'], name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}
