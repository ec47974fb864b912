import { createContext, Script } from 'node:vm';
import { AvalancheError } from '../../storage/errors.ts';

const longestPattern = 500;
/** Far more than an honest pattern takes on a hundred thousand names; a hostile one is stopped by it. */
const patienceMs = 300;

/** Runs with a limit of its own, which a regular expression in a function of ours would not have. */
const script = new Script(`
  const regex = new RegExp(pattern, flags);
  for (let at = 0; at < texts.length; at++) if (regex.test(texts[at])) matches[at] = 1;
`);

/**
 * Which texts a regular expression is found in: 1 for each. Lower case alone finds upper case too. Patterns
 * come from links and are run on names from recordings: one that takes long is given up.
 *
 * @throws AvalancheError SEARCH_INVALID
 */
export function findMatches(pattern: string, texts: readonly string[]): Uint8Array {
  if (pattern.length > longestPattern) throw invalid(`it is longer than ${longestPattern} characters`);
  const matches = new Uint8Array(texts.length);
  const flags = /\p{Lu}/u.test(pattern.replaceAll(/\\./g, '')) ? '' : 'i';
  try {
    script.runInContext(createContext({ pattern, flags, texts, matches }), { timeout: patienceMs });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw invalid('it takes too long');
    }
    throw invalid((error as Error).message);
  }
  return matches;
}

function invalid(why: string): AvalancheError {
  return new AvalancheError('SEARCH_INVALID', `Cannot search for this: ${why}`);
}
