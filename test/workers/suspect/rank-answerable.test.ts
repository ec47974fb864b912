import { describe, expect, test } from 'vitest';
import type { ChangedFunction } from '../../../workers/suspect/changed-functions.ts';
import { nameFrames } from '../../../workers/suspect/frames/name-frames.ts';
import { measureOwnTime, setCompilerAside } from '../../../workers/suspect/own-time.ts';
import { rankAnswerable } from '../../../workers/suspect/rank-answerable.ts';
import { profileOf } from './profiles.ts';

const real: ChangedFunction = { kind: 'real', path: 'shop.c', firstLine: 1, lastLine: 9, via: null };

/** `name confidence`, likeliest first. */
function rank(before: string, after: string, changed: Record<string, ChangedFunction['kind']>): string[] {
  const measure = (folded: string, keys: ReadonlySet<string>) =>
    setCompilerAside(measureOwnTime(nameFrames(profileOf(folded), null), {}, keys));
  const functions = [...measure(after, new Set()).functions.values()].filter(({ name }) => name in changed);
  const answerable = functions.filter(({ name }) => changed[name] !== 'renamed');
  const keys = new Set(answerable.map(({ looseKey }) => looseKey));
  const changes = new Map(functions.map(({ key, name }) => [key, { ...real, kind: changed[name]! }]));
  return rankAnswerable(measure(after, keys), measure(before, keys), changes).map(
    (found) => `${found.function.name} ${found.confidence}`,
  );
}

describe('ranking with what changed known', () => {
  test('a changed caller answers for the unchanged function that it calls more often', () => {
    const before = 'main;show;load;parse 100\nmain;list 900';
    const after = 'main;show;load;parse 400\nmain;list 600';
    expect(rank(before, after, { show: 'real' })).toEqual(['show high']);
    expect(rank(before, after, { show: 'real', parse: 'real' })[0]).toBe('parse high');
  });

  test('without a change nobody is named with more than weak confidence', () => {
    expect(rank('main;a 100\nmain;b 900', 'main;a 600\nmain;b 400', {})).toEqual(['a weak']);
    expect(rank('main;a 100\nmain;b 900', 'main;a 600\nmain;b 400', { b: 'real' })).toEqual(['a weak']);
  });

  test('other names for the same things are no change', () => {
    expect(rank('main;a 100\nmain;b 900', 'main;a 600\nmain;b 400', { a: 'renamed' })).toEqual(['a weak']);
  });

  test('a changed function comes before an unchanged one that grew more', () => {
    const after = 'main;a 300\nmain;b 500\nmain;c 200';
    expect(rank('main;a 100\nmain;b 200\nmain;c 700', after, { a: 'real' })).toEqual(['a high', 'b weak']);
  });

  test('all of an unchanged caller that grew alike runs more often', () => {
    const before = 'main;report;sum 100\nmain;report;write 100\nmain;order 800';
    const after = 'main;report;sum 300\nmain;report;write 300\nmain;order 400';
    expect(rank(before, after, { sum: 'real' })).toContain('sum weak');
  });

  test('a caller has not shrunk because collector threads work for the function that allocates', () => {
    const before =
      'main;report;list 30\nmain;report;sum 1970\nmain;order 800\njvm:start_thread;jvm:G1ConcurrentMark 100';
    const after =
      'main;report;list 1650\nmain;report;sum 50\nmain;order 20\njvm:start_thread;jvm:G1ConcurrentMark 1300';
    expect(rank(before, after, { list: 'real' })[0]).toBe('list high');
  });

  test('a process that had just started, on either side, accuses nobody for sure', () => {
    const compiler = (samples: number) => `jvm:start_thread;jvm:C2Compiler::compile_method ${samples}`;
    const before = 'main;a 100\nmain;b 900';
    const after = 'main;a 600\nmain;b 400';
    const changed = { a: 'real' } as const;
    expect(rank(`${before}\n${compiler(400)}`, `${after}\n${compiler(500)}`, changed)).toEqual(['a high']);
    expect(rank(`${before}\n${compiler(100)}`, `${after}\n${compiler(500)}`, changed)).toEqual(['a weak']);
    expect(rank(`${before}\n${compiler(500)}`, `${after}\n${compiler(100)}`, changed)).toEqual(['a weak']);
    expect(rank(`${before}\n${compiler(10)}`, `${after}\n${compiler(60)}`, changed)).toEqual(['a high']);
  });

  test('cost that moved between functions of one caller accuses nobody', () => {
    const before = 'main;show;a 400\nmain;order 600';
    const after = 'main;show;a 100\nmain;show;b 300\nmain;order 600';
    expect(rank(before, after, { a: 'real', show: 'real', b: 'real' })).toEqual([]);
  });
});
