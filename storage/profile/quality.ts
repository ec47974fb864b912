import { FrameKind, NO_STACK, type Profile, type Selection } from './profile.ts';
import { selectSamples, sumSamples } from './selection.ts';

export type Quality = {
  sampleCount: number;
  lostCount: number;
  /** Share of the samples whose innermost frame has no name; 0 without samples. */
  unknownRatio: number;
  /** Doubts worth a person's attention, each with its likely cause. */
  remarks: string[];
};

/** Below this many samples a share of one half is known to 22 percentage points only (95 % interval). */
const thinSampleCount = 20;

/** How far a selection can be trusted: the "thin result" tests that people otherwise make by eye. */
export function measureQuality(profile: Profile, selection: Selection = {}): Quality {
  const sampleCount = sumSamples(profile, selection);
  const { unknown, shallow } = countDoubtful(profile, selection);
  const unknownRatio = sampleCount === 0 ? 0 : unknown / sampleCount;
  const { lostCount } = profile.recording;
  const remarks: string[] = [];
  if (sampleCount < thinSampleCount) {
    remarks.push(`only ${sampleCount} samples: the app was nearly idle, or the range is very short`);
  }
  if (unknownRatio > 0.5) {
    remarks.push('over half of the frames have no name: the symbol map or the debug symbols are missing');
  }
  if (sampleCount > 0 && shallow / sampleCount > 0.5) {
    remarks.push('most stacks are under 3 frames deep: the app was built without frame pointers');
  }
  if (lostCount > 0 && lostCount > 0.01 * (sampleCount + lostCount)) {
    remarks.push('the kernel lost samples: the machine was overloaded or the buffer is too small');
  }
  return { sampleCount, lostCount, unknownRatio, remarks };
}

function countDoubtful(profile: Profile, selection: Selection): { unknown: number; shallow: number } {
  const { samples, stacks, frames } = profile;
  let unknown = 0;
  let shallow = 0;
  for (const row of selectSamples(profile, selection)) {
    const stack = samples.stack[row]!;
    const count = samples.count[row]!;
    if (stack === NO_STACK || frames.kind[stacks.frame[stack]!] === FrameKind.Unknown) unknown += count;
    if (isShallow(stacks.parent, stack)) shallow += count;
  }
  return { unknown, shallow };
}

/** Fewer than three frames. */
function isShallow(parent: Int32Array, stack: number): boolean {
  if (stack === NO_STACK) return true;
  const caller = parent[stack]!;
  return caller === NO_STACK || parent[caller] === NO_STACK;
}
