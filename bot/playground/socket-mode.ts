import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Ack, Change } from './model.ts';

const socketLimit = 10;
const ticketLifeMs = 30_000;
/** Slack's clients give a connection up after 30 s without a ping. */
const pingEveryMs = 10_000;
const goodbyeMs = 500;
const acksKept = 1_000;
const acknowledgementLimitBytes = 256 * 1024;

export type SocketTiming = {
  /** How long an app may take to acknowledge. */
  ackMs: number;
  /** When an event that nobody acknowledged is sent again: at once, after a minute, after five. */
  retryMs: readonly number[];
};

export type Envelope = {
  type: Ack['type'];
  name: string;
  payload: Record<string, unknown>;
  acceptsAnswer: boolean;
};

export type Delivery =
  | { state: 'acknowledged'; ackMs: number; answer: unknown }
  | { state: 'too-late' }
  | { state: 'nobody-there' };

const acknowledgement = z.object({ envelope_id: z.string(), payload: z.unknown().optional() });

/** Slack's end of Socket Mode: up to ten connections, each payload to one of them, an answer within three seconds. */
export class SocketMode {
  /** Every payload sent, oldest first, with the time its acknowledgement took. */
  readonly acks: Ack[] = [];
  readonly #sockets = new Set<WebSocket>();
  readonly #leaving = new WeakSet<WebSocket>();
  readonly #tickets = new Map<string, number>();
  readonly #waiting = new Map<string, (answer: unknown) => void>();
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: acknowledgementLimitBytes });
  readonly #stopped = new AbortController();
  readonly #pings: NodeJS.Timeout;
  readonly #appId: string;
  readonly #timing: SocketTiming;
  readonly #clock: () => number;
  readonly #random: () => number;
  readonly #tell: (change: Change) => void;

  constructor(options: {
    appId: string;
    timing: SocketTiming;
    clock: () => number;
    random: () => number;
    tell: (change: Change) => void;
  }) {
    this.#appId = options.appId;
    this.#timing = options.timing;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#tell = options.tell;
    this.#pings = setInterval(() => {
      for (const socket of this.#sockets) socket.ping();
    }, pingEveryMs).unref();
  }

  get socketCount(): number {
    return this.#sockets.size;
  }

  newTicket(): string {
    const ticket = randomBytes(24).toString('base64url');
    for (const [old, createdMs] of this.#tickets)
      if (this.#clock() - createdMs > ticketLifeMs) this.#tickets.delete(old);
    this.#tickets.set(ticket, this.#clock());
    return ticket;
  }

  accept(request: IncomingMessage, duplex: Duplex, head: Buffer, ticket: string): void {
    const createdMs = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (createdMs === undefined || this.#clock() - createdMs > ticketLifeMs) {
      duplex.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, duplex, head, (socket) => this.#greet(socket));
  }

  /** Sends one payload to one connection and waits for the acknowledgement, no longer than Slack does. */
  async deliver(envelope: Envelope, retryAttempt = 0): Promise<Delivery> {
    const socket = this.#chooseSocket();
    if (socket === undefined) return { state: 'nobody-there' };
    const ack = this.#note(envelope, retryAttempt);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#waiting.set(ack.envelopeId, resolve);
    socket.send(
      JSON.stringify({
        envelope_id: ack.envelopeId,
        type: envelope.type,
        payload: envelope.payload,
        accepts_response_payload: envelope.acceptsAnswer,
        ...(envelope.type === 'events_api'
          ? { retry_attempt: retryAttempt, retry_reason: retryAttempt > 0 ? 'timeout' : '' }
          : {}),
      }),
    );
    return await this.#waitForAnswer(ack, promise);
  }

  /** Delivers an event and, while nobody acknowledges it, delivers it again. */
  async deliverWithRetries(envelope: Envelope): Promise<Delivery> {
    let delivery = await this.deliver(envelope);
    for (const [row, waitMs] of this.#timing.retryMs.entries()) {
      if (delivery.state === 'acknowledged' || !(await this.#sleep(waitMs))) return delivery;
      delivery = await this.deliver(envelope, row + 1);
    }
    return delivery;
  }

  /** Sends again what was sent before, acknowledged or not. */
  async redeliver(envelopeId: string | undefined): Promise<Delivery> {
    const ack = this.acks.findLast((one) =>
      envelopeId === undefined ? one.type === 'events_api' : one.envelopeId === envelopeId,
    );
    if (ack === undefined)
      throw new RangeError(
        `Cannot redeliver "${envelopeId ?? 'the latest event'}": nothing of that name was sent`,
      );
    return await this.deliver({ ...ack, acceptsAnswer: ack.type === 'slash_commands' }, ack.retryAttempt + 1);
  }

  /** Asks every connection to go away and come back, as Slack does when it recycles them. */
  disconnect(reason: string): void {
    for (const socket of this.#sockets) {
      this.#leaving.add(socket);
      socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'playground' } }));
    }
  }

  drop(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Says goodbye to each connection; who does not answer in time is cut off. */
  async stop(): Promise<void> {
    clearInterval(this.#pings);
    this.#stopped.abort();
    const closed = [...this.#sockets].map((socket) => once(socket, 'close'));
    for (const socket of this.#sockets) socket.close(1001);
    await Promise.race([Promise.all(closed), delay(goodbyeMs, undefined, { ref: false })]);
    this.drop();
    this.#server.close();
  }

  #greet(socket: WebSocket): void {
    if (this.#sockets.size >= socketLimit) {
      socket.send(
        JSON.stringify({
          type: 'disconnect',
          reason: 'too_many_websockets',
          debug_info: { host: 'playground' },
        }),
      );
      socket.close();
      return;
    }
    this.#sockets.add(socket);
    socket.on('message', (text) => this.#hear(String(text)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#tell({ kind: 'sockets', count: this.#sockets.size });
    });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#sockets.size,
        connection_info: { app_id: this.#appId },
        debug_info: { host: 'playground', approximate_connection_time: 18_060 },
      }),
    );
    this.#tell({ kind: 'sockets', count: this.#sockets.size });
  }

  #chooseSocket(): WebSocket | undefined {
    const open = [...this.#sockets].filter(
      (socket) => socket.readyState === socket.OPEN && !this.#leaving.has(socket),
    );
    return open[Math.floor(this.#random() * open.length)];
  }

  #note({ type, name, payload }: Envelope, retryAttempt: number): Ack {
    const ack: Ack = {
      envelopeId: randomUUID(),
      type,
      name,
      retryAttempt,
      sentMs: this.#clock(),
      ackMs: null,
      payload,
    };
    this.acks.push(ack);
    if (this.acks.length > acksKept) this.#forget(this.acks.shift()!);
    return ack;
  }

  #forget(ack: Ack): void {
    this.#waiting.delete(ack.envelopeId);
  }

  #hear(text: string): void {
    const parsed = acknowledgement.safeParse(parseJson(text));
    if (!parsed.success) return; // Slack ignores what it does not understand, too
    const ack = this.acks.find((one) => one.envelopeId === parsed.data.envelope_id);
    if (ack === undefined || ack.ackMs !== null) return;
    ack.ackMs = this.#clock() - ack.sentMs;
    this.#waiting.get(ack.envelopeId)?.(parsed.data.payload);
    this.#forget(ack);
    this.#tell({ kind: 'ack', ack });
  }

  async #waitForAnswer(ack: Ack, answer: Promise<unknown>): Promise<Delivery> {
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, this.#stopped.signal]);
    const tooLate = delay(this.#timing.ackMs, undefined, { signal }).catch(() => undefined);
    const delivery = await Promise.race([
      answer.then((value): Delivery => ({ state: 'acknowledged', ackMs: ack.ackMs ?? 0, answer: value })),
      tooLate.then((): Delivery => ({ state: 'too-late' })),
    ]);
    waiting.abort();
    return delivery;
  }

  /** @returns false when the playground stopped meanwhile */
  async #sleep(waitMs: number): Promise<boolean> {
    try {
      await delay(waitMs, undefined, { signal: this.#stopped.signal });
      return true;
    } catch {
      return false;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
