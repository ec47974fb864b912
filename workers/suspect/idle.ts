import { NO_STACK, type Profile } from '../../storage/profile/profile.ts';

/** Kernel functions in which an idle CPU sleeps, old names and new. */
const idleNames =
  /^(?:do_idle|cpu_?idle(?:_enter(?:_state)?|_idle_call)?|call_cpuidle|cpuidle_enter.*|cpu_bringup_and_idle|default_idle(?:_call)?|arch_cpu_idle|intel_idle\w*|acpi_idle_\w+|acpi_processor_ffh_cstate_enter|mwait_idle\w*|poll_idle|haltpoll_enter_idle|(?:pv_)?native_safe_halt|cpu_do_idle|psci_enter_idle_state|HYPERVISOR_sched_op|xen_hypercall_(?:sched_op|vcpu_op))$/;

/**
 * Tells the samples of an idle CPU from work: those of the idle task that sleep, or whose frames have no
 * name at all (on paravirtual guests). Interrupts served on the idle task are work.
 */
export function findIdleSamples(profile: Profile): (sample: number) => boolean {
  const { frames, stacks, samples, threads } = profile;
  const isIdleTask = threads.map(({ comm }) => /^swapper(\/\d+)?$/.test(comm));
  if (!isIdleTask.includes(true)) return () => false;
  const sleeps = new Uint8Array(stacks.parent.length);
  const isNamed = new Uint8Array(stacks.parent.length);
  for (let stack = 0; stack < sleeps.length; stack++) {
    const name = frames.name[stacks.frame[stack]!]!;
    const caller = stacks.parent[stack]!;
    sleeps[stack] = idleNames.test(name) || (caller !== NO_STACK && sleeps[caller] === 1) ? 1 : 0;
    isNamed[stack] = !name.startsWith('[') || (caller !== NO_STACK && isNamed[caller] === 1) ? 1 : 0;
  }
  return (sample) => {
    if (!isIdleTask[samples.thread[sample]!]) return false;
    const stack = samples.stack[sample]!;
    return stack === NO_STACK || sleeps[stack] === 1 || isNamed[stack] === 0;
  };
}

/** The profile without its idle samples. */
export function dropIdleSamples(profile: Profile): Profile {
  const isIdle = findIdleSamples(profile);
  const isBusy = (_: unknown, sample: number) => !isIdle(sample);
  const { timeMs, thread, stack, event, count, weight } = profile.samples;
  return {
    ...profile,
    samples: {
      timeMs: timeMs.filter(isBusy),
      thread: thread.filter(isBusy),
      stack: stack.filter(isBusy),
      event: event.filter(isBusy),
      count: count.filter(isBusy),
      weight: weight.filter(isBusy),
    },
  };
}
