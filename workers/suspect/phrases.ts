import type { Estimate } from '../../storage/profile/estimate.ts';
import type { OwnTime, Work } from './own-time.ts';

/** `62 %`; below one percent with a digit more. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

/** `57-67 %`; with a digit more where both ends would read alike: `39.8-40.2 %`. */
export function percentRange({ low, high }: Estimate): string {
  const digits = Math.round(low * 100) === Math.round(high * 100) ? 1 : 0;
  return `${(low * 100).toFixed(digits)}-${(high * 100).toFixed(digits)} %`;
}

/** After `of the CPU samples`, where the compiler's would make a difference that can be seen in the picture. */
export function besideCompiler({ busy, compiling }: OwnTime): string {
  return compiling >= (busy + compiling) / 20 ? ' outside of the JIT compiler' : '';
}

/** A difference of shares in percentage points. */
export function points(share: number): string {
  const value = Math.round(share * 100);
  return `${value} point${value === 1 ? '' : 's'}`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A name from a recording inside a sentence: on one line, short, and its quotes are ours. */
export function quote(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').replaceAll('`', "'");
  return `\`${plain.length > 80 ? `${plain.slice(0, 79)}…` : plain}\``;
}

/** `3 hours ago`, `just now` */
export function age(thenMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - thenMs) / 60_000);
  if (minutes < 1) return 'just now';
  for (const [unit, length] of units) {
    const number = Math.floor(minutes / length);
    if (number >= 1) return `${number} ${unit}${number === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

const units: readonly [string, number][] = [
  ['year', 525_600],
  ['month', 43_800],
  ['day', 1_440],
  ['hour', 60],
  ['minute', 1],
];

const workNames: Record<Work, string> = {
  own: 'your own code',
  library: 'libraries',
  runtime: 'the language runtime',
  kernel: 'the kernel',
  unknown: 'code without symbols',
  'garbage collection': 'garbage collection',
  compilation: 'the JIT compiler',
};

/** `the kernel (61 %), garbage collection (20 %)`: the largest parts, at least a twentieth each. */
export function listWork(work: ReadonlyMap<Work, number>, total: number, maximum = 3): string {
  return [...work]
    .filter(([, value]) => value >= total / 20)
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .slice(0, maximum)
    .map(([name, value]) => `${workNames[name]} (${percent(value / total)})`)
    .join(', ');
}
