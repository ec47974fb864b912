/** An event that is a sample: it happened on a thread, at a stack, and weighs something. */
export type SampleEvent = {
  name: string;
  /** The field that refers to the thread. */
  thread: 'sampledThread' | 'eventThread';
  /** Of the weight. */
  unit: 'samples' | 'nanoseconds' | 'bytes';
  /** The field that has the weight; null where each sample weighs 1. */
  weight: string | null;
  /** The event stands for as many samples as it weighs, not for one. */
  isSummed: boolean;
};

/** What async-profiler writes as execution samples of threads that did not run: wall clock, not CPU. */
export const asleep = { state: 'STATE_SLEEPING', of: 'jdk.ExecutionSample' } as const;

/**
 * Every event that becomes one of the profile, in the order in which the profile has them: what people ask for
 * first is where the CPU went. Names and fields are those of JDK 11 to 25 and of async-profiler.
 */
export const sampleEvents: readonly SampleEvent[] = [
  sampled('jdk.ExecutionSample'),
  weighed('jdk.CPUTimeSample', 'samplingPeriod', 'nanoseconds'),
  { ...sampled('profiler.WallClockSample'), weight: 'samples', isSummed: true },
  sampled(`${asleep.of} (asleep)`),
  // Threads inside native code: most of them wait there.
  sampled('jdk.NativeMethodSample'),
  weighed('jdk.ObjectAllocationSample', 'weight', 'bytes'),
  // The buffer that had to be fetched stands for all small objects that went into the last one.
  weighed('jdk.ObjectAllocationInNewTLAB', 'tlabSize', 'bytes'),
  weighed('jdk.ObjectAllocationOutsideTLAB', 'allocationSize', 'bytes'),
  weighed('profiler.Malloc', 'size', 'bytes'),
  weighed('jdk.JavaMonitorEnter', 'duration', 'nanoseconds'),
];

function sampled(name: string): SampleEvent {
  return { name, thread: 'sampledThread', unit: 'samples', weight: null, isSummed: false };
}

function weighed(name: string, weight: string, unit: 'nanoseconds' | 'bytes'): SampleEvent {
  return { name, thread: 'eventThread', unit, weight, isSummed: false };
}
