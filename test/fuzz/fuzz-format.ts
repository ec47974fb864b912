import { Worker } from 'node:worker_threads';
import type { FromFuzzThread, FuzzTask } from './fuzz-messages.ts';
import type { Format } from './recordings.ts';

/** For inputs of half a MiB at most; a reading thread of the product has more. */
const heapMib = 512;
const longestMs = 10_000;
/** Enough to begin mending. */
const mostFaults = 20;

export type FuzzResult = {
  profileCount: number;
  slowestMs: number;
  /** What was wrong with which input, the first twenty. */
  faults: { number: number; fault: string }[];
};

/** Reads so many inputs of a format, in a thread that is replaced when it hangs or runs out of memory. */
export async function fuzzFormat({
  format,
  seed,
  inputs,
}: {
  format: Format;
  seed: number;
  inputs: number;
}): Promise<FuzzResult> {
  const result: FuzzResult = { profileCount: 0, slowestMs: 0, faults: [] };
  for (let next = 0; next < inputs && result.faults.length < mostFaults; ) {
    next = await runThread({ format, seed, first: next, end: inputs }, result);
  }
  return result;
}

/** @returns the number of the first input that was not looked at */
async function runThread(task: FuzzTask, result: FuzzResult): Promise<number> {
  const thread = new Worker(new URL('./fuzz-thread.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heapMib },
  });
  let current = task.first;
  let beganMs = performance.now();
  let fault: string | null = null;
  const watch = setInterval(() => {
    if (performance.now() - beganMs < longestMs) return;
    fault = `not read within ${longestMs} ms`;
    void thread.terminate();
  }, longestMs / 10);
  thread.on('message', (message: FromFuzzThread) => {
    current = message.number;
    if (message.kind === 'end') {
      result.slowestMs = Math.max(result.slowestMs, performance.now() - beganMs);
      result.profileCount += message.isProfile ? 1 : 0;
      if (message.fault !== null) result.faults.push({ number: current, fault: message.fault });
      current += 1;
      if (result.faults.length >= mostFaults) void thread.terminate();
    }
    beganMs = performance.now();
  });
  thread.on('error', (error) => {
    fault ??= String(error);
  });
  await new Promise((resolve) => thread.once('exit', resolve));
  clearInterval(watch);
  if (fault === null) return current;
  result.faults.push({ number: current, fault });
  return current + 1;
}
