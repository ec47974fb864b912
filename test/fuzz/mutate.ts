/** Gives numbers from 0 up to 1. */
export type Random = () => number;

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const mostMutations = 8;
const longestRun = 64;
/** What no writer writes where a number stands. */
const oddNumbers = ['-1', '0', '1e308', '-1e308', '9007199254740993', 'null', '""', '[]', '{}', '0.1', ''];

type Mutation = (bytes: Buffer, place: number, random: Random) => Buffer;

const mutations: readonly Mutation[] = [
  function changeBytes(bytes, place, random) {
    return splice(bytes, place, lengthOf(random), randomBytes(random));
  },
  function flipBit(bytes, place, random) {
    const flipped = Buffer.from(bytes);
    if (place < flipped.length) flipped[place]! ^= 1 << Math.floor(random() * 8);
    return flipped;
  },
  function drop(bytes, place, random) {
    return splice(bytes, place, lengthOf(random), Buffer.alloc(0));
  },
  function repeat(bytes, place, random) {
    return splice(bytes, place, 0, bytes.subarray(Math.max(0, place - lengthOf(random)), place));
  },
  function copyFromElsewhere(bytes, place, random) {
    const from = Math.floor(random() * bytes.length);
    return splice(bytes, place, lengthOf(random), bytes.subarray(from, from + lengthOf(random)));
  },
  function cut(bytes, place) {
    return bytes.subarray(0, place);
  },
  function changeNumber(bytes, place, random) {
    const found = /\d+/.exec(bytes.toString('latin1', place, place + 400));
    if (found === null) return bytes;
    const odd = oddNumbers[Math.floor(random() * oddNumbers.length)]!;
    return splice(bytes, place + found.index, found[0].length, Buffer.from(odd));
  },
];

/** One to eight changes at random places; mostly few, as readers refuse most of what was changed much. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  const count = 1 + Math.floor(random() ** 3 * mostMutations);
  let mutated = bytes;
  for (let change = 0; change < count; change++) {
    const mutation = mutations[Math.floor(random() * mutations.length)]!;
    mutated = mutation(mutated, Math.floor(random() * mutated.length), random);
  }
  return mutated;
}

function splice(bytes: Buffer, place: number, dropped: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place + dropped)]);
}

function lengthOf(random: Random): number {
  return 1 + Math.floor(random() * longestRun);
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: lengthOf(random) }, () => Math.floor(random() * 256)));
}
