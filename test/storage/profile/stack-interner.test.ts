import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_STACK } from '../../../storage/profile/profile.ts';
import { StackInterner } from '../../../storage/profile/stack-interner.ts';

test('a stack given at once is the stack given frame by frame', () => {
  const stacks = fc.array(fc.array(fc.nat(3), { maxLength: 8 }), { maxLength: 60 });
  fc.assert(
    fc.property(stacks, (all) => {
      const atOnce = new StackInterner();
      const byFrame = new StackInterner();
      for (const frames of all) {
        const wanted = frames.reduce((row, frame) => byFrame.intern(row, frame), NO_STACK);
        expect(atOnce.internPath(Int32Array.of(...frames, 99), frames.length)).toBe(wanted);
      }
      expect(atOnce.toTable()).toEqual(byFrame.toTable());
    }),
  );
});
