/** What can go wrong on Slack's side, on purpose. `method` is a Web API method, or `*` for each of them. */
export type MethodFault =
  | { kind: 'rate-limit'; method: string; retryAfterSeconds: number | null; times?: number }
  | { kind: 'server-error'; method: string; status?: number; times?: number }
  /** The work is done, the answer never comes: how one message gets posted twice. */
  | { kind: 'timeout-after-accept'; method: string; times?: number }
  | { kind: 'refusal'; method: string; error: string; times?: number }
  | { kind: 'slow'; method: string; delayMs: number; times?: number };

export type FileFault =
  | { kind: 'file-late'; delayMs: number; times?: number }
  | { kind: 'file-never-ready'; times?: number }
  | { kind: 'file-never-shared'; times?: number };

type SocketFault =
  /** Slack recycles a connection, every few hours. */
  | { kind: 'disconnect'; reason?: 'warning' | 'refresh_requested' }
  /** The connection breaks without a word. */
  | { kind: 'drop-sockets' }
  /** Sends a payload again although it was acknowledged; the latest event, when none is named. */
  | { kind: 'redeliver'; envelopeId?: string };

export type Fault = MethodFault | FileFault | SocketFault;

/** Faults waiting for their occasion, first in, first used; each is used `times` times (once, when not said). */
export class PendingFaults {
  readonly #methods: { fault: MethodFault; left: number }[] = [];
  readonly #files: { fault: FileFault; left: number }[] = [];

  addForMethod(fault: MethodFault): void {
    this.#methods.push({ fault, left: fault.times ?? 1 });
  }

  addForFile(fault: FileFault): void {
    this.#files.push({ fault, left: fault.times ?? 1 });
  }

  takeForMethod(method: string): MethodFault | undefined {
    return take(this.#methods, (fault) => fault.method === method || fault.method === '*');
  }

  takeForFile(kinds: readonly FileFault['kind'][]): FileFault | undefined {
    return take(this.#files, (fault) => kinds.includes(fault.kind));
  }
}

function take<Kind>(
  pending: { fault: Kind; left: number }[],
  fits: (fault: Kind) => boolean,
): Kind | undefined {
  const found = pending.find(({ fault, left }) => left > 0 && fits(fault));
  if (found === undefined) return undefined;
  found.left -= 1;
  if (found.left === 0) pending.splice(pending.indexOf(found), 1);
  return found.fault;
}
