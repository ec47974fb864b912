/** Ways to sample CPU time, by the names that recorders give them. */
const clocks =
  /^(?:cpu|cycles|task-clock|samples$|wall$|v8|[ci]timer|jdk\.(?:Execution|CPUTime|NativeMethod)Sample)/i;

/** Two ways to sample CPU time can be compared with each other; a count of page faults or allocations with neither. */
export function isCpuTime(event: string): boolean {
  return clocks.test(event) && !/fault|miss|instructions|migrations/i.test(event);
}

/** For people: `CPU`, or what else was counted, without perf's modifiers (`:u`). */
export function shownEvent(event: string): string {
  const plain = event.replace(/:[ukhHGpPSDWe]+$/, '');
  return plain === '' || isCpuTime(plain) ? 'CPU' : plain;
}
