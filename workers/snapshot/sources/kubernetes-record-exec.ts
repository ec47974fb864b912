import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { type ExecResult, execInPod, type PodContainer } from './kubernetes-exec.ts';
import { bringFile } from './kubernetes-file.ts';
import { type RecordedFile, type RecordOrder, WayImpossible } from './record-order.ts';
import { namingSeconds, recordExit, recordFolder, recordScript, stopScript } from './record-script.ts';

/** perf may take its time to begin, and to name the functions of a long recording. */
const afterwardsMs = 200_000;
/** Somebody who cancels sees it end within two seconds; a pod that does not answer by then ends it by itself. */
const stopMs = 10_000;

/**
 * Records with perf where a command can be run: in the app's own container, or in one beside it.
 *
 * @param whose `others`: the processes of other containers, as from an ephemeral one
 * @throws WayImpossible when it cannot be done here; AvalancheError POD_BUSY, PERF_FAILED, and those of execInPod
 */
export async function recordByExec(
  client: KubernetesClient,
  place: PodContainer,
  order: RecordOrder & { whose: 'own' | 'others' },
): Promise<RecordedFile> {
  const { id, recordMs, config, whose, file, limits, signal } = order;
  const seconds = String(Math.max(1, Math.round(recordMs / 1000)));
  const words = [
    'sh',
    '-c',
    recordScript,
    'avalanche',
    id,
    seconds,
    String(config.rateHz),
    config.process ?? '',
    whose,
  ];
  const { promise: recorded, resolve } = Promise.withResolvers<string>();
  const running = execInPod(client, place, words, {
    signal,
    limitMs: recordMs + afterwardsMs,
    onStdout: (soFar) => {
      const text = soFar.toString('utf8');
      if (/^file .*\n/m.test(text)) resolve(text);
    },
  });
  try {
    // It stays until the file is fetched; when it ends before, it has failed.
    const result = await Promise.race([running, recorded]);
    if (typeof result !== 'string') throw explainExit(result, place, order);
    const { name, ...facts } = readFacts(result);
    await bringFile({ client, place, path: `${recordFolder}/${name}`, limits }, file, signal);
    return {
      memberName: name.endsWith('.gz') ? 'perf.txt.gz' : 'perf.txt',
      facts: facts.clock === null ? null : { ...facts, clock: facts.clock, rateHz: config.rateHz },
      how: `perf in the container "${place.container}"`,
      remarks: [],
    };
  } finally {
    await stopRecording(client, place, order);
    // Whatever it comes to now: the recording is here, or another error is on its way.
    await running.catch(() => {});
  }
}

/** Does nothing to a recording of somebody else's. Leftovers are said aloud, and do not spoil what was recorded. */
async function stopRecording(
  client: KubernetesClient,
  place: PodContainer,
  { id, onLeftover }: RecordOrder,
): Promise<void> {
  try {
    const { exitCode, stdout } = await execInPod(client, place, ['sh', '-c', stopScript, 'avalanche', id], {
      limitMs: stopMs,
    });
    if (exitCode === 1)
      onLeftover(`left in the pod "${place.pod}": ${showOutsideName(stdout.toString('utf8').trim())}`);
  } catch (error) {
    // Without a shell, or without the right, nothing was begun either; of the rest the watcher in the pod takes care.
    if (error instanceof AvalancheError && (error.code === 'CLUSTER_REFUSED' || error.code === 'POD_GONE'))
      return;
    onLeftover(`could not clean up in the pod "${place.pod}": the recording there ends by itself`);
  }
}

function explainExit(
  { exitCode, stderr }: ExecResult,
  { pod, container }: PodContainer,
  { config }: RecordOrder,
): Error {
  const words = describeWords(stderr);
  switch (exitCode) {
    case recordExit.noPerf:
      return new WayImpossible(`no perf in the container "${container}"`);
    case recordExit.noFolder:
      return new WayImpossible(`/tmp of the container "${container}" cannot be written to`);
    case recordExit.busy:
      return new AvalancheError('POD_BUSY', `Cannot record the pod "${pod}": it is being recorded already`);
    case recordExit.noProcess: {
      const wanted = config.process === undefined ? 'no process' : `no process called "${config.process}"`;
      return new WayImpossible(`${wanted} can be seen from the container "${container}"`);
    }
    case recordExit.refused:
      return new WayImpossible(`perf may not record in the container "${container}": ${words}`);
    case recordExit.nearlyFull:
      return new WayImpossible(`the memory of the container "${container}" is nearly full: ${words}`);
    case recordExit.unreadable:
      return new AvalancheError('PERF_FAILED', `Cannot name the functions in the pod "${pod}": ${words}`);
    case recordExit.tooSlow: {
      const state = `naming its functions was not done within ${namingSeconds} s, for want of CPU time in the container`;
      return new AvalancheError('PERF_FAILED', `Cannot record the pod "${pod}": ${state}`);
    }
    case 126:
    case 127:
      return new WayImpossible(`no shell in the container "${container}"`);
    default:
      return new AvalancheError(
        'EXEC_CUT',
        `Cannot record the pod "${pod}": it ended early (${exitCode}), ${words}`,
      );
  }
}

/** The line of perf's output that names the cause, and the node's setting. */
function describeWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling =
    lines.find((line) =>
      /permission|not supported|not permitted|unknown option|invalid|failed|no such/i.test(line),
    ) ?? lines[0];
  const paranoid = lines.find((line) => line.startsWith('perf_event_paranoid is'));
  const parts = [telling, paranoid].filter((part) => part !== undefined);
  return showOutsideName([...new Set(parts)].join('; ')) || 'and no word why';
}

function readFacts(stdout: string): {
  name: string;
  comm: string;
  clock: { wallMs: number; monotonicMs: number } | null;
} {
  const name = /^file (recording(?:\.gz)?)$/m.exec(stdout)?.[1];
  if (name === undefined) throw new RangeError('Cannot understand what the script in the pod says');
  const comm = /^processes \d+ (.*)$/m.exec(stdout)?.[1] ?? '';
  // busybox has no nanoseconds: the letters stay as they are.
  const [, seconds, fraction, uptime] = /^clock (\d+)(?:\.(\d+))?\S* (\d+\.\d+)$/m.exec(stdout) ?? [];
  if (seconds === undefined) return { name, comm, clock: null };
  const wallMs = Number(`${seconds}.${fraction ?? 0}`) * 1000;
  return { name, comm, clock: { wallMs, monotonicMs: Number(uptime) * 1000 } };
}
