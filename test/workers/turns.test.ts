import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Turns } from '../../workers/turns.ts';

describe('turns', () => {
  const never = new AbortController().signal;

  test('are given to so many at once, in the order in which they were asked for', async () => {
    const turns = new Turns(2);
    const log: string[] = [];
    const ends = new Map<string, () => void>();
    const start = (name: string) =>
      turns.run(async () => {
        log.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        if (name === 'a') throw new Error('a fails');
      }, never);
    const all = Promise.allSettled(['a', 'b', 'c', 'd'].map(start));
    await tick();
    expect(log).toEqual(['a', 'b']);
    ends.get('a')!();
    await tick();
    expect(log).toEqual(['a', 'b', 'c']);
    ends.get('c')!();
    await tick();
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    for (const end of ends.values()) end();
    expect((await all).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });

  test('are not kept for who no longer wants one', async () => {
    const turns = new Turns(1);
    const held = Promise.withResolvers<void>();
    const first = turns.run(() => held.promise, never);
    const stop = new AbortController();
    const second = turns.run(async () => 'second', stop.signal);
    const third = turns.run(async () => 'third', never);
    stop.abort(new Error('not wanted any more'));
    await expect(second).rejects.toThrow('not wanted any more');
    held.resolve();
    await first;
    expect(await third).toBe('third');
    expect(await turns.run(async () => 'fourth', never)).toBe('fourth');
  });
});
