import { showOutsideName } from '../snapshot/outside-name.ts';
import { broken, doubtful, type Finding, inOrder } from './finding.ts';
import type { Probe } from './look-into-container.ts';

const mostNamed = 8;

/** Whether perf can record in the container it was looked into: the first thing that keeps it from that. */
export function judgePerf(
  probe: Probe,
  { container, process }: { container: string; process: string | undefined },
): Finding<true> {
  const { hasShell, canWrite, perf, refused, memory, processes } = probe;
  const place = `the container "${showOutsideName(container)}"`;
  if (!hasShell) {
    const cure =
      'Set `record.ephemeral` of the cluster to an image that has perf and sh: an image without a shell (distroless) needs a container beside it.';
    return broken(`no shell in ${place}`, cure);
  }
  if (perf === null) {
    const cure =
      'Add perf to the image of the app, or set `record.ephemeral` of the cluster to one that has it.';
    return broken(`no perf in ${place}`, cure);
  }
  if (!canWrite) {
    const cure = 'Mount an emptyDir at /tmp, or set `record.ephemeral` of the cluster.';
    return broken(`/tmp of ${place} cannot be written to`, cure);
  }
  if (memory !== null) {
    const cure = 'Raise the memory limit of the container; perf is not started in one that is nearly full.';
    return broken(`the memory of ${place} is nearly full: ${showOutsideName(memory)}`, cure);
  }
  if (refused !== null) return judgeRefusal(probe, refused, place);
  if (processes.length === 0) {
    const cure = 'Record as the user of the app: let both have the same runAsUser, or give CAP_SYS_PTRACE.';
    return broken(`no process in ${place} may be looked at`, cure);
  }
  if (process !== undefined && !processes.includes(process)) {
    const there = processes.slice(0, mostNamed).map(showOutsideName).join(', ');
    const cure = 'Set `record.process` of the cluster to one of those, or leave it out.';
    return broken(`no process called "${process}" in ${place} (there are ${there})`, cure);
  }
  return inOrder(`${showOutsideName(perf)} may record in ${place}`, true);
}

/** What the kernel said no by. perf's own words stand beside it, since only they are certain. */
function judgeRefusal(
  { paranoid, isFiltered, isPrivileged }: Probe,
  refused: string,
  place: string,
): Finding<true> {
  const said = `"${showOutsideName(refused)}"`;
  if (!isPrivileged && paranoid !== null && paranoid > 2) {
    const cure =
      'Set kernel.perf_event_paranoid to 2 or less on the node, or give the container CAP_PERFMON.';
    return broken(`perf may not record in ${place}: perf_event_paranoid is ${paranoid} there; ${said}`, cure);
  }
  if (isFiltered) {
    const cure = isPrivileged
      ? 'Give the container a seccomp profile that lets perf_event_open through.'
      : 'Give the container CAP_PERFMON, with which the seccomp profile RuntimeDefault lets perf_event_open through, or a profile of its own that does.';
    return broken(
      `perf may not record in ${place}: a seccomp profile filters its system calls; ${said}`,
      cure,
    );
  }
  const cure =
    'Look at what else on the node forbids it: kernel lockdown, AppArmor, SELinux, a virtual machine.';
  return broken(`perf may not record in ${place}: ${said}`, cure);
}

/** Programs that compile at run time, and what makes them say what they compiled. */
const runtimes: readonly { program: RegExp; cure: string }[] = [
  { program: /^node$/, cure: 'Start node with --perf-basic-prof (NODE_OPTIONS takes it).' },
  {
    program: /^java$/,
    cure: 'Start java with -XX:+PreserveFramePointer, and have `jcmd PID Compiler.perfmap` run (JDK 17 or later).',
  },
  { program: /^dotnet$/, cure: 'Set DOTNET_PerfMapEnabled=1.' },
  { program: /^python3?(\.\d+)?$/, cure: 'Start Python 3.12 or later with -X perf (PYTHONPERFSUPPORT=1).' },
  { program: /^beam(\.smp)?$/, cure: 'Start the Erlang runtime with +JPperf true.' },
  { program: /^ruby$/, cure: 'Start Ruby with --yjit --yjit-perf.' },
];

/** Whether the functions of what runs there will have names. */
export function judgeSymbols({ mapless }: Probe): Finding {
  const silent = runtimes.flatMap(({ program, cure }) => {
    const name = mapless.find((candidate) => program.test(candidate));
    return name === undefined ? [] : [{ name, cure }];
  });
  if (silent.length === 0) return inOrder('no runtime there compiles without writing a symbol map');
  const names = silent.map(({ name }) => name).join(', ');
  const found = `no /tmp/perf-PID.map of ${names}: the functions of its own code will have no names`;
  return doubtful(found, silent.map(({ cure }) => cure).join(' '));
}
