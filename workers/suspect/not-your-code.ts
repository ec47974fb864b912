import type { Activity, OwnTime, Work } from './own-time.ts';
import { listWork, percent } from './phrases.ts';
import { unknownShare } from './rank-frames.ts';

/** Of what a person is told what else to look at. */
const mostlyShare = 0.5;

const workHints: Partial<Record<Work, string>> = {
  'garbage collection': 'too little memory, or more garbage than usual',
  compilation: 'the process has just started',
};

const activities: Record<Activity, { what: string; hint: string }> = {
  locks: { what: 'locks', hint: 'threads wait for each other' },
  files: { what: 'files', hint: 'look at the disk, and at how often the app reads and writes' },
  network: { what: 'the network', hint: 'look at what the app talks to, and how often' },
  memory: { what: 'memory', hint: 'look at memory and its limit' },
  scheduling: { what: 'switching between threads', hint: 'they sleep and wake all the time' },
};

/** Why nothing in the app's own code can be the cause: where else its time is; null when that is not so. */
export function describeNotYourCode(current: OwnTime): string | null {
  const { compiling, work, activity } = current;
  const busy = current.busy + compiling;
  const unknown = unknownShare(current);
  if (unknown >= mostlyShare) {
    return `Cannot tell: ${percent(unknown)} of the samples are in code without symbols (a symbol map or debug symbols are missing)`;
  }
  for (const [kind, count] of activity) {
    if (count / busy < mostlyShare) continue;
    const { what, hint } = activities[kind];
    return `Time is spent on ${what} (${percent(count / busy)}), not in your code: ${hint}`;
  }
  const outside = new Map(current.outside).set('compilation', compiling);
  const outsideCount = [...outside.values()].reduce((sum, value) => sum + value, 0);
  if (outsideCount / busy >= mostlyShare) return sayWhere(outside, busy);
  for (const name of ['garbage collection', 'kernel'] as const) {
    const spent = work.get(name) ?? 0;
    if (spent / busy >= mostlyShare) return sayWhere(new Map([[name, spent]]), busy);
  }
  return null;
}

function sayWhere(work: ReadonlyMap<Work, number>, busy: number): string {
  const [most] = [...work].sort(([, a], [, b]) => b - a);
  const hint = most === undefined || most[1] / busy < mostlyShare ? undefined : workHints[most[0]];
  return `Time is in ${listWork(work, busy)}, not in your code${hint === undefined ? '' : `: ${hint}`}`;
}
