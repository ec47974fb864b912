import { createRandom, mutate } from './mutate.ts';

/** Far from each other, so that neighbouring inputs have nothing in common. */
const seedStep = 0x9e3779b1;

/** A mutation of one of the recordings, the same for the same seed and number. */
export function makeInput(recordings: readonly Buffer[], seed: number, number: number): Buffer {
  const random = createRandom(Math.imul(seed, seedStep) ^ Math.imul(number, 0x85ebca6b));
  return mutate(recordings[Math.floor(random() * recordings.length)]!, random);
}
