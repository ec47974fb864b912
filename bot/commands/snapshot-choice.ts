import { countArguments, readText, type Words } from './words.ts';

/** The words of a command that takes one snapshot, or none for that of its thread. */
export function readSnapshotChoice(
  { positionals, options }: Words,
  { addIssue }: { addIssue: (problem: string) => void },
): { target: string | undefined; environment: string | undefined } {
  const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
  if (problem !== undefined) addIssue(problem);
  return { target: positionals[0], environment: readText(options, 'env') };
}
