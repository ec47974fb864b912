import type { KubernetesClient } from '../snapshot/sources/kubernetes-client.ts';
import { execInPod, type PodContainer } from '../snapshot/sources/kubernetes-exec.ts';
import { readMemoryRoom } from '../snapshot/sources/record-script.ts';

const probeMs = 25_000;

/**
 * Says what a recording would meet in a container, a key and its value in each line; it writes nothing. Whether perf
 * may open an event is tried on its own shell, for the shortest time perf knows: no process of the app is touched, and
 * none is started. (A program that ends before perf waits for it stays as a zombie where process 1 collects none.)
 */
const probeScript = `
export PERF_CONFIG=/dev/null DEBUGINFOD_URLS= LC_ALL=C
echo "shell yes"
[ ! -w /tmp ] || echo "tmp yes"
read -r paranoid 2>/dev/null < /proc/sys/kernel/perf_event_paranoid && echo "paranoid $paranoid"
while read -r key value rest; do
  case $key in Seccomp:) echo "seccomp $value" ;; CapEff:) echo "capabilities $value" ;; esac
done < /proc/self/status
if command -v perf >/dev/null 2>&1; then
  echo "perf $(perf --version 2>&1)"
  if said=$(perf stat -e cpu-clock --timeout 10 -p $$ 2>&1); then echo "allowed yes"
  else set -f; echo refused $said; set +f; fi
fi
for process in /proc/[0-9]*; do
  pid=\${process#/proc/}
  [ "$pid" != $$ ] || continue
  exe=$(readlink "$process/exe" 2>/dev/null) || continue
  read -r name 2>/dev/null < "$process/comm" || continue
  echo "process $name"
  [ -e "/tmp/perf-$pid.map" ] || echo "mapless \${exe##*/}"
done
${readMemoryRoom}
[ -z "$memory" ] || echo "memory $memory"
`;

export type Probe = {
  hasShell: boolean;
  canWrite: boolean;
  /** Of the node: -1 to 4. */
  paranoid: number | null;
  /** Mode 2 of the kernel: system calls are filtered. */
  isFiltered: boolean;
  /** CAP_PERFMON or CAP_SYS_ADMIN. */
  isPrivileged: boolean;
  /** Its version; null when there is none. */
  perf: string | null;
  /** perf's own words; null when it may record. */
  refused: string | null;
  /** Names of those that may be recorded. */
  processes: string[];
  /** Programs without a symbol map of what they compile at run time, whether they do or not. */
  mapless: string[];
  /** Only when it is nearly full: `480 of 512 MiB used (…)`. */
  memory: string | null;
};

/** @throws AvalancheError as execInPod */
export async function lookIntoContainer(
  client: KubernetesClient,
  place: PodContainer,
  signal: AbortSignal,
): Promise<Probe> {
  const words = ['sh', '-c', probeScript, 'avalanche'];
  const { stdout } = await execInPod(client, place, words, { signal, limitMs: probeMs });
  const rows = stdout.toString('utf8').split('\n');
  const all = (key: string) =>
    rows.filter((row) => row.startsWith(`${key} `)).map((row) => row.slice(key.length + 1).trim());
  const one = (key: string) => all(key)[0] || null;
  const paranoid = Number.parseInt(one('paranoid') ?? '', 10);
  return {
    hasShell: one('shell') !== null,
    canWrite: one('tmp') !== null,
    paranoid: Number.isNaN(paranoid) ? null : paranoid,
    isFiltered: one('seccomp') === '2',
    isPrivileged: hasCapability(one('capabilities')),
    perf: one('perf'),
    refused: one('allowed') === null ? one('refused') : null,
    processes: [...new Set(all('process'))],
    mapless: [...new Set(all('mapless'))],
    memory: one('memory'),
  };
}

/** @param mask hexadecimal, a bit for each capability, as in /proc/PID/status */
function hasCapability(mask: string | null): boolean {
  const [sysAdmin, perfmon] = [21n, 38n];
  if (mask === null || !/^[0-9a-f]{1,32}$/i.test(mask)) return false;
  return (BigInt(`0x${mask}`) & ((1n << sysAdmin) | (1n << perfmon))) !== 0n;
}
