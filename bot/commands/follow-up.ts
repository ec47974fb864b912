import { parseClock, parseOffsets } from './part-words.ts';

/** What can be said in the thread of a snapshot, for people who said something else. */
export const followUpExamples =
  '5s-8s, 03:12:10-03:12:25, burst 2, only <pod>, threads http-*, without GC, vs yesterday';

const optionOf: Record<string, string> = {
  only: '--only',
  pod: '--only',
  thread: '--threads',
  threads: '--threads',
  without: '--without',
  vs: '--vs',
  versus: '--vs',
  against: '--vs',
};

/**
 * Short words in a thread, as the command they stand for: `only pod-3 without GC` is `zoom --only pod-3 --without
 * GC`, `vs yesterday` is `diff --vs yesterday`. A grammar of a few words, each followed by a name that goes on until
 * the next one; nothing is guessed.
 *
 * @returns undefined when any word is none of it
 */
export function readFollowUp(words: readonly string[]): string[] | undefined {
  const rest = joinRanges(words[0]?.toLowerCase() === 'zoom' ? words.slice(1) : words);
  const options = new Map<string, string[]>();
  let range: string | undefined;
  let isNamed = false;
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index]!;
    const option = optionOf[word.toLowerCase()];
    if (option !== undefined && !options.has(option)) {
      options.set(option, []);
      isNamed = true;
    } else if (range === undefined && isRange(word)) {
      range = word;
      isNamed = false;
    } else if (range === undefined && word.toLowerCase() === 'burst' && /^\d+$/.test(rest[index + 1] ?? '')) {
      index += 1;
      range = rest[index];
      isNamed = false;
    } else if (isNamed) {
      [...options.values()].at(-1)?.push(word);
    } else {
      return undefined;
    }
  }
  if ([...options.values()].some((name) => name.length === 0)) return undefined;
  if (range === undefined && options.size === 0) return undefined;
  return toCommand(range, options);
}

const isRange = (word: string) => parseOffsets(word) !== undefined || parseClock(word) !== undefined;

/** People leave blanks, and write words: `5s - 8s`, `5s to 8s`. */
function joinRanges(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const [from = '', dash = '', to = ''] = words.slice(index, index + 3);
    const isSplit = /^(?:-|–|—|to|until)$/i.test(dash) && isRange(`${from}-${to}`);
    joined.push(isSplit ? `${from}-${to}` : from);
    if (isSplit) index += 2;
  }
  return joined;
}

function toCommand(range: string | undefined, options: ReadonlyMap<string, string[]>): string[] | undefined {
  const named = [...options].flatMap(([option, name]) => [option, name.join(' ')]);
  if (!options.has('--vs')) return ['zoom', ...(range === undefined ? [] : [range]), ...named];
  // A comparison takes a stretch of time, and not a part of the samples in it.
  if (options.size > 1) return undefined;
  if (range === undefined) return ['diff', ...named];
  const offsets = parseOffsets(range);
  return offsets === undefined
    ? undefined
    : ['diff', ...named, '--from', `${offsets.fromMs}ms`, '--to', `${offsets.toMs}ms`];
}
