import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readState, writeState } from '../../../bot/explorer/page/page-state.ts';

const states = fc.record({
  from: fc.option(fc.nat({ max: 1e9 })),
  to: fc.option(fc.nat({ max: 1e9 })),
  pod: fc.string(),
  comm: fc.string(),
  tid: fc.option(fc.nat()),
  search: fc.string(),
  kind: fc.constantFrom('callees' as const, 'callers' as const, 'difference' as const),
  zoom: fc.nat(),
  unfolded: fc.boolean(),
  tab: fc.constantFrom('flame' as const, 'table' as const, 'timeline' as const),
});

test('an address holds the whole state of the page', () => {
  fc.assert(
    fc.property(states, (state) => {
      expect(readState(new URLSearchParams(writeState(state)))).toEqual(state);
    }),
  );
});

test('what makes no sense in an address is as if it were not there', () => {
  const state = readState(
    new URLSearchParams('from=-1&to=1e9&tid=x&kind=up&tab=9&zoom=Infinity&unfolded=yes'),
  );
  expect(writeState(state)).toBe('');
});
