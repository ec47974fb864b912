import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';

export type Usage = { userMs: number; peakMib: number };

/** Waits for the program, whose arguments follow, and writes what it used behind what it printed. */
const andTimes = '"$@" >&4; status=$?; times; exit $status';
/** The peak is kept by the kernel as long as the process lives; what it adds in its last moment is missed. */
const lookEveryMs = 10;

/**
 * Runs a whole process and measures it from outside, so that all systems are measured alike.
 *
 * @param output where its standard output goes
 * @throws Error when it fails
 */
export async function measure(command: readonly string[], output = '/dev/null'): Promise<Usage> {
  const sink = openSync(output, 'w');
  const child = spawn('sh', ['-c', andTimes, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'inherit', 'ignore', sink],
  });
  let peakKib = 0;
  const timer = setInterval(() => {
    peakKib = Math.max(peakKib, readPeakKib(child.pid ?? 0));
  }, lookEveryMs);
  let times = '';
  for await (const chunk of child.stdout!) times += String(chunk);
  clearInterval(timer);
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  if (code !== 0) throw new Error(`Cannot measure "${command.join(' ')}": exit code ${code}`);
  return { userMs: parseChildrenMs(times), peakMib: peakKib / 1024 };
}

/** The largest of the shell's children; 0 where the kernel does not tell. */
function readPeakKib(shell: number): number {
  try {
    const children = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ');
    const peaks = children.map((pid) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0);
    });
    return Math.max(0, ...peaks);
  } catch {
    // It has ended in between.
    return 0;
  }
}

/** Second line of the shell's `times`: `0m2.310000s 0m0.220000s`, user and system time of its children. */
function parseChildrenMs(times: string): number {
  const match = /^\d+m[\d.]+s \d+m[\d.]+s\n(\d+)m([\d.]+)s/m.exec(times);
  if (match === null) throw new Error(`Cannot read times "${times}"`);
  return Number(match[1]) * 60e3 + Number(match[2]) * 1e3;
}
