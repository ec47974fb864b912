import type { FrameKind, Profile } from '../../storage/profile/profile.ts';
import { createRandom } from '../fuzz/mutate.ts';

const frameCount = 35_000;
const threadCount = 400;
const commCount = 46;
const deepest = 60;

/**
 * A profile as large as no recording at hand, shaped like the one of 1 GB: as many names, threads and commands, and
 * stacks as deep.
 */
export function makeLargeProfile({ samples, stacks }: { samples: number; stacks: number }): Profile {
  const random = createRandom(7);
  const parent = new Int32Array(stacks);
  const depth = new Uint8Array(stacks);
  const frame = new Uint32Array(stacks);
  parent[0] = -1;
  for (let row = 1; row < stacks; row++) {
    // Near rows are of one subtree, as a reader writes them.
    const caller = Math.max(0, row - 1 - Math.floor(random() ** 3 * 2_000));
    parent[row] = depth[caller]! >= deepest ? 0 : caller;
    depth[row] = depth[parent[row]!]! + 1;
    frame[row] = Math.floor(random() * frameCount);
  }
  const timeMs = Float64Array.from({ length: samples }, (_, row) => row * 0.01);
  const thread = Uint32Array.from(timeMs, () => Math.floor(random() * threadCount));
  return {
    recording: {
      format: 'perf-script',
      command: null,
      host: null,
      rateHz: 99,
      hasTimes: true,
      startedAtMs: null,
      durationMs: timeMs.at(-1) ?? 0,
      revision: null,
      lostCount: 0,
      warnings: [],
    },
    events: [{ name: 'cpu-clock', unit: 'nanoseconds' }],
    threads: Array.from({ length: threadCount }, (_, tid) => ({
      pod: `shop-${tid % 8}`,
      pid: 7,
      tid,
      comm: `worker-${tid % commCount}`,
    })),
    frames: {
      name: Array.from(
        { length: frameCount },
        (_, row) => `com.example.module${row % 97}.Class${row % 1009}.method${row}`,
      ),
      module: Array.from({ length: frameCount }, (_, row) => `/srv/app/lib${row % 60}.so`),
      kind: new Uint8Array(frameCount) as Uint8Array<ArrayBuffer> & { [row: number]: FrameKind },
      file: Array.from({ length: frameCount }, () => ''),
      line: new Uint32Array(frameCount),
    },
    stacks: { parent, frame },
    samples: {
      timeMs,
      thread,
      // Each command has stacks of its own, and a few of them most of the samples.
      stack: Int32Array.from(thread, (row) => {
        const part = row % commCount;
        return Math.floor(((part + random() ** 4) / commCount) * stacks);
      }),
      event: new Uint16Array(samples),
      count: new Float64Array(samples).fill(1),
      weight: new Float64Array(samples).fill(10_101_010),
    },
  };
}
