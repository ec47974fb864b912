import { z } from 'zod';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { ApiRefusal, explainRefusal, type Right } from './kubernetes-errors.ts';

export type PodContainer = { namespace: string; pod: string; container: string };

export type ExecResult = {
  /** 126 and 127 as a shell has them when the program cannot be run or is not there. */
  exitCode: number;
  stdout: Buffer;
  /** Its beginning. */
  stderr: string;
};

type ExecOptions = {
  signal?: AbortSignal | undefined;
  /** Hard end, connection and all. */
  limitMs: number;
  /** More than this on standard output ends it. */
  largestBytes?: number;
  /** Told all of standard output so far, each time that more has come. */
  onStdout?: (soFar: Buffer) => void;
};

const usualBytes = 256 * 1024;
const largestStderr = 16 * 1024;
/** Load balancers cut a connection that is silent for a minute. */
const pingMs = 20_000;
/** After the status what is on its way may still come. */
const lingerMs = 2_000;

const Channel = { stdout: 1, stderr: 2, status: 3 } as const;

const statusSchema = z.object({
  status: z.string(),
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .object({
      causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).optional(),
    })
    .optional(),
});

type Status = z.infer<typeof statusSchema>;

/** Over a WebSocket a command is a GET; newer servers want the right to create as well, older ones that alone. */
function rightToExec(namespace: string): Right {
  return { verbs: ['get', 'create'], resource: 'pods/exec', namespace };
}

/**
 * Runs a program in a container, over the WebSocket protocol v5.channel.k8s.io: first byte the channel, then content.
 * What the connection does not end with a status was cut: standard output may lack its end then, and does so without
 * any sign even with one (kubernetes/kubernetes#124571), so whoever needs all of it has to know its length.
 *
 * @param words program and arguments; nothing in them is read by a shell
 * @throws AvalancheError EXEC_CUT, CLUSTER_REFUSED with the missing right, CLUSTER_UNREACHABLE, POD_GONE; the
 *   signal's reason
 */
export async function execInPod(
  client: KubernetesClient,
  place: PodContainer,
  words: readonly string[],
  { signal, limitMs, largestBytes = usualBytes, onStdout }: ExecOptions,
): Promise<ExecResult> {
  const { namespace, pod, container } = place;
  const action = `run a command in the pod "${pod}"`;
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/exec`;
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true' });
  for (const word of words) query.append('command', word);
  const deadline = AbortSignal.timeout(limitMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  const cut = (state: string, cause?: unknown) => {
    signal?.throwIfAborted();
    const shown = deadline.aborted ? `it did not end within ${limitMs / 1000} s` : state;
    return new AvalancheError('EXEC_CUT', `Cannot ${action}: ${shown}`, {}, cause);
  };
  const socket = await client.openSocket(path, query, either).catch((error) => {
    if (either.aborted) throw cut('', error);
    // Before the upgrade a node that is away reads like this too.
    throw explainRefusal(withPodGone(error), { action, cluster: client.name, right: rightToExec(namespace) });
  });
  const output = new Output(largestBytes);
  const ping = setInterval(() => socket.ping(), pingMs);
  const end = () => socket.terminate();
  either.addEventListener('abort', end, { once: true });
  let linger: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve) => {
      socket.once('close', resolve);
      if (either.aborted) end();
      socket.on('message', (message: Buffer, isBinary) => {
        if (isBinary) output.take(message);
        if (message[0] === Channel.stdout) onStdout?.(output.stdout());
        if (output.problem !== null) end();
        if (output.status === null || linger !== undefined) return;
        linger = setTimeout(end, lingerMs);
        socket.close();
      });
    });
  } finally {
    clearInterval(ping);
    clearTimeout(linger);
    either.removeEventListener('abort', end);
  }
  signal?.throwIfAborted();
  const { status, problem, stderr } = output;
  if (problem !== null) throw cut(problem);
  if (status === null) throw cut('the connection was cut before its end');
  return { exitCode: exitCodeOf(status, action), stdout: output.stdout(), stderr };
}

/** What came so far. */
class Output {
  status: Status | null = null;
  /** Why no more is taken. */
  problem: string | null = null;
  stderr = '';
  readonly #chunks: Buffer[] = [];
  readonly #largestBytes: number;
  #bytes = 0;

  constructor(largestBytes: number) {
    this.#largestBytes = largestBytes;
  }

  stdout(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** @param message its first byte is the channel; of other channels nothing is known */
  take(message: Buffer): void {
    const content = message.subarray(1);
    switch (message[0]) {
      case Channel.stdout:
        this.#bytes += content.length;
        if (this.#bytes <= this.#largestBytes) this.#chunks.push(content);
        else this.problem = `it writes more than ${this.#largestBytes} bytes`;
        return;
      case Channel.stderr:
        this.stderr += content.toString('utf8').slice(0, largestStderr - this.stderr.length);
        return;
      case Channel.status:
        this.status = readStatus(content);
        if (this.status === null) this.problem = 'its status cannot be understood';
    }
  }
}

function readStatus(content: Buffer): Status | null {
  try {
    return statusSchema.parse(JSON.parse(content.toString('utf8')));
  } catch {
    return null;
  }
}

function exitCodeOf({ status, reason, message = '', details }: Status, action: string): number {
  if (status === 'Success') return 0;
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (reason === 'NonZeroExitCode' && code !== undefined && /^\d{1,3}$/.test(code)) return Number(code);
  // A kubelet that is not the usual one passes on what Go says of a command that failed.
  const [, said] = /exit status (\d{1,3})$/.exec(message) ?? [];
  if (said !== undefined) return Number(said);
  if (/executable file not found|no such file or directory/i.test(message)) return 127;
  throw new AvalancheError('EXEC_CUT', `Cannot ${action}: the node says "${showOutsideName(message)}"`);
}

/** A pod that is not running is refused with 400 or 500, and with words. */
function withPodGone(error: unknown): unknown {
  const isGone =
    error instanceof ApiRefusal &&
    error.status !== 403 &&
    /container not found|not found|cannot exec in a stopped|completed pod/i.test(error.message);
  return isGone ? new ApiRefusal(404, error.message) : error;
}
