import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildCallTree } from '../../../storage/profile/call-tree.ts';
import { buildCallerTree } from '../../../storage/profile/caller-tree.ts';
import { pruneTree } from '../../../storage/profile/prune-tree.ts';
import { findStacksWith, sumByStack, sumSamples } from '../../../storage/profile/selection.ts';
import { buildTopTable } from '../../../storage/profile/top-table.ts';
import { formatTree, profileOf } from '../../support/profiles.ts';

const recordings = fc
  .array(
    fc.tuple(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((stacks) =>
    profileOf(stacks.map(([frames, count]) => `x/1: ${frames.join(';')} ${count}`).join('\n')),
  );

test('the caller tree begins with what ran', () => {
  const tree = buildCallerTree(
    profileOf(`
    main;handle;parse 3
    main;handle 1`),
  );
  expect(formatTree(tree)).toEqual([
    'all total 4 self 0',
    '  parse total 3 self 0',
    '    handle total 3 self 0',
    '      main total 3 self 3',
    '  handle total 1 self 0',
    '    main total 1 self 1',
  ]);
});

test('its first level is the self values of the top table, and its sum all samples', () => {
  fc.assert(
    fc.property(recordings, (profile) => {
      const tree = buildCallerTree(profile);
      expect(tree.total[0]).toBe(sumSamples(profile));
      for (const { frame, self } of buildTopTable(profile)) {
        const row = tree.frame.findIndex((of, at) => of === frame && tree.parent[at] === 0);
        expect(row === -1 ? 0 : tree.total[row]).toBe(self);
      }
    }),
  );
});

test('what is pruned is smaller than what is kept; callers of what is kept are kept', () => {
  fc.assert(
    fc.property(recordings, fc.nat(), fc.integer({ min: 1, max: 20 }), (profile, seed, mostRows) => {
      const tree = buildCallTree(profile);
      const zoom = seed % tree.parent.length;
      const kept = new Set(pruneTree(tree, { zoom, minimumRatio: 0, mostRows }));
      const path = new Set<number>();
      for (let row = zoom; row >= 0; row = tree.parent[row]!) path.add(row);
      const below = [...kept].filter((row) => !path.has(row));
      expect(below.length).toBeLessThanOrEqual(mostRows);
      for (const row of kept) expect(row === 0 || kept.has(tree.parent[row]!)).toBe(true);
      for (const row of path) expect(kept.has(row)).toBe(true);
    }),
  );
});

test('with room for all nothing below the zoom is pruned', () => {
  const tree = buildCallTree(profileOf('a;b;c 1\na;d 2\ne 3'));
  expect([...pruneTree(tree, { zoom: 0, minimumRatio: 0, mostRows: 100 })]).toHaveLength(tree.parent.length);
  expect(() => pruneTree(tree, { zoom: 99, minimumRatio: 0, mostRows: 1 })).toThrow(RangeError);
});

test('a sample counts once however often a wanted frame is on its stack', () => {
  const profile = profileOf('a;b;a 2\nb 3\nc 1');
  const isWanted = Uint8Array.from(profile.frames.name, (name) => Number(name === 'a'));
  const has = findStacksWith(profile, isWanted);
  const { byStack } = sumByStack(profile);
  expect(byStack.reduce((sum, value, stack) => sum + (has[stack] ? value : 0), 0)).toBe(2);
});
