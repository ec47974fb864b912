import fc from 'fast-check';
import { FrameKind, NO_STACK, type Profile, type Selection } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { exports } from '../../../workers/snapshot/exports/exports.ts';

/** What a format keeps, and is therefore compared. */
export type Kept = {
  times: boolean;
  /** Pods, and threads without a comm: perf script names these `:tid`. */
  pods: boolean;
  /** Units of events. */
  units: boolean;
  /** Modules, kinds, files and lines of frames; else names only. */
  frames: boolean;
};

/** Everything in a profile that is kept, as sorted lines: equal profiles are equal lists. */
export function describe(profile: Profile, kept: Kept): string[] {
  const { samples, events, threads } = profile;
  const sums = new Map<string, { count: number; weight: number }>();
  samples.timeMs.forEach((timeMs, row) => {
    const { pod, pid, tid, comm } = threads[samples.thread[row]!]!;
    const { name, unit } = events[samples.event[row]!]!;
    const key = JSON.stringify([
      kept.times ? Math.round(timeMs * 1e3) / 1e3 : null,
      kept.pods ? [pod, pid, tid, comm] : [pid, tid, comm || `:${tid}`],
      [name, kept.units ? unit : null],
      stackOf(profile, samples.stack[row]!, kept),
    ]);
    const sum = sums.get(key) ?? { count: 0, weight: 0 };
    sum.count += samples.count[row]!;
    sum.weight += samples.weight[row]!;
    sums.set(key, sum);
  });
  return [...sums].map(([key, { count, weight }]) => `${key} ${count} ${weight}`).sort();
}

function stackOf({ stacks, frames }: Profile, stack: number, kept: Kept): unknown[] {
  const path: unknown[] = [];
  for (let row = stack; row !== NO_STACK; row = stacks.parent[row]!) {
    const frame = stacks.frame[row]!;
    const { name, module, kind, file, line } = frames;
    path.push(
      kept.frames ? [name[frame], module[frame], kind[frame], file[frame], line[frame]] : name[frame],
    );
  }
  return path;
}

/** A profile as the bytes of an exported file. */
export function write(name: string, profile: Profile, selection: Selection = {}): Buffer {
  const wanted = exports.find((candidate) => candidate.name === name)!;
  return Buffer.concat([...wanted.write(profile, selection)].map((piece) => Buffer.from(piece)));
}

const nastyNames = [
  '__proto__',
  'constructor',
  'operator()(int, char)',
  'std::map<a, b>::find(key const&)',
  'libc.so.6+0x27b25',
  '<script>alert(1)</script>',
  'a"b\\c',
  'net/http.(*conn).serve',
  'שלום\u202eabc',
  '[unknown]',
];
const plainText = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll(/\s|->|_\[.\]/g, ' ').trim())
  .filter((text) => text !== '' && !/[;#/]/.test(text) && text.isWellFormed());
const frame = fc.record({
  name: fc.oneof(fc.constantFrom(...nastyNames), plainText),
  module: fc.constantFrom(
    '',
    '/usr/lib/libc.so.6',
    '[kernel.kallsyms]',
    '/tmp/perf-12.map',
    'file:///srv/a.mjs',
  ),
  kind: fc.constantFrom(...Object.values(FrameKind)),
  file: fc.constantFrom('', '/srv/a.mjs', 'src/lib.rs'),
  line: fc.nat(5_000),
});
const thread = fc.record({
  pod: fc.constantFrom('', 'shop-1', 'shop-2'),
  pid: fc.constantFrom(-1, 0, 7, 4_194_304),
  tid: fc.constantFrom(-1, 0, 12, 4_194_304),
  comm: fc.constantFrom('java', 'index shard 0', 'match-1 (eu)', 'kworker/0:0H', 'journal:flush'),
});
const event = fc.constantFrom(
  { name: 'cycles', unit: 'events' },
  { name: 'cpu-clock:ppp', unit: 'nanoseconds' },
  { name: 'samples', unit: 'samples' },
  { name: 'page-faults', unit: 'samples' },
  { name: 'cpu-time', unit: 'microseconds' },
  { name: 'alloc', unit: 'bytes' },
);
const sample = fc.record({
  timeMs: fc.nat(600_000_000).map((microseconds) => microseconds / 1e3),
  thread: fc.nat(3),
  event: fc.nat(2),
  stack: fc.array(fc.nat(7), { maxLength: 12 }),
  count: fc.integer({ min: 1, max: 9 }),
  weight: fc.nat(2 ** 40),
});

/** Any profile with whole values. */
export const profiles = fc
  .record({
    hasTimes: fc.boolean(),
    frames: fc.array(frame, { minLength: 8, maxLength: 8 }),
    threads: fc.array(thread, { minLength: 4, maxLength: 4 }),
    events: fc.uniqueArray(event, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
    samples: fc.array(sample, { minLength: 1, maxLength: 30 }),
  })
  .map(({ hasTimes, frames, threads, events, samples }) => {
    const builder = new ProfileBuilder({ format: 'test', rateHz: 99 });
    const eventRows = events.map(({ name, unit }) => builder.event(name, unit));
    const frameRows = frames.map((description) => builder.frame(description));
    const threadRows = threads.map((description) => builder.thread(description));
    for (const { timeMs, thread: threadPlace, event: eventPlace, stack, count, weight } of samples) {
      const row = stack.reduce(
        (caller, place) => builder.stack(caller, frameRows[place]!),
        NO_STACK as number,
      );
      const eventRow = eventRows[eventPlace % eventRows.length]!;
      builder.addSample({
        timeMs: hasTimes ? timeMs : Number.NaN,
        thread: threadRows[threadPlace]!,
        stack: row,
        event: eventRow,
        count,
        weight: events[eventRow]!.unit === 'samples' ? count : weight,
      });
    }
    return builder.finish();
  });
