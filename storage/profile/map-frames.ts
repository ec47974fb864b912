import { type FrameDescription, FrameInterner } from './frame-interner.ts';
import { NO_STACK, type Profile } from './profile.ts';
import { StackInterner } from './stack-interner.ts';

/** In `newRow`: the frame was dropped. */
export const DROPPED_FRAME = -1;

/**
 * The same samples with other frames: equal results become one frame, and stacks that then are equal one
 * stack. A frame mapped to null is taken out of its stacks; its callees hang on its caller. Direct
 * repetitions of a frame stay, since they are recursion.
 *
 * @returns the profile, and for each old frame row its new one or DROPPED_FRAME
 */
export function mapFrames(
  profile: Profile,
  map: (row: number) => FrameDescription | null,
): { profile: Profile; newRow: Int32Array } {
  const frames = new FrameInterner();
  const stacks = new StackInterner();
  const newRow = Int32Array.from(profile.frames.name, (_, row) => {
    const frame = map(row);
    return frame === null ? DROPPED_FRAME : frames.intern(frame);
  });
  const newStack = new Int32Array(profile.stacks.parent.length);
  for (let stack = 0; stack < newStack.length; stack++) {
    const caller = profile.stacks.parent[stack]!;
    const newCaller = caller === NO_STACK ? NO_STACK : newStack[caller]!;
    const frame = newRow[profile.stacks.frame[stack]!]!;
    newStack[stack] = frame === DROPPED_FRAME ? newCaller : stacks.intern(newCaller, frame);
  }
  const stack = profile.samples.stack.map((old) => (old === NO_STACK ? NO_STACK : newStack[old]!));
  return {
    profile: {
      ...profile,
      frames: frames.toTable(),
      stacks: stacks.toTable(),
      samples: { ...profile.samples, stack },
    },
    newRow,
  };
}
