import { NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { randomFrom } from '../../support/random.ts';

/** A stack, and how many samples a second are in it at a time. */
export type Load = { stack: string; rate: (second: number) => number };

/** A recording of one pod whose samples fall at random (Poisson), each load for itself. */
export function recordLoads(seconds: number, loads: readonly Load[], seed: number, pod = ''): Profile {
  const random = randomFrom(seed);
  const builder = new ProfileBuilder({ format: 'synthetic' });
  const event = builder.event('cpu-clock', 'samples');
  const thread = builder.thread({ pod, pid: 1, tid: 1, comm: 'app' });
  const stepMs = 10;
  for (const { stack, rate } of loads) {
    let row = NO_STACK;
    for (const name of stack.split(';'))
      row = builder.stack(row, builder.frame({ name, module: '', kind: 0 }));
    for (let atMs = 0; atMs < seconds * 1000; atMs += stepMs) {
      for (let left = poisson((rate(atMs / 1000) * stepMs) / 1000, random); left > 0; left--) {
        builder.addSample({
          timeMs: atMs + random() * stepMs,
          thread,
          stack: row,
          event,
          count: 1,
          weight: 1,
        });
      }
    }
  }
  return builder.finish();
}

/** Knuth's: right for the small means of 10 ms. */
function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}
