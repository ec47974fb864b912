import type { Logger } from 'pino';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { MessageRow, RequestId, RequestRow, Store } from '../storage/database/store.ts';
import { errorCodes } from '../storage/errors.ts';
import { deliveryLagSeconds } from '../storage/metrics.ts';
import type { JobQueue } from '../storage/queue.ts';
import { traceRequest } from '../storage/tracing.ts';
import { isFile, jobs, reportSchema } from '../workers/jobs.ts';
import { ChannelPacer } from './delivery/channel-pacer.ts';
import { chooseMessage } from './delivery/choose-message.ts';
import type { Clock } from './delivery/clock.ts';
import type { MakeExplorerLink } from './delivery/explorer-link.ts';
import { FileWatch } from './delivery/file-watch.ts';
import { RetryTimes } from './delivery/retry-times.ts';
import { sendFile } from './delivery/send-file.ts';
import { sendText } from './delivery/send-text.ts';
import {
  classifyFailure,
  explainRefusal,
  isAboutToken,
  type SlackFailure,
} from './delivery/slack-failure.ts';
import type { SlackMethods } from './delivery/slack-methods.ts';

export type DeliveryOptions = {
  store: Store;
  blobs: BlobStore;
  slack: SlackMethods;
  clock: Clock;
  /** Names this process among all that deliver. */
  holder: string;
  log: Logger;
  /** Null where there is no explorer. */
  explorerLink?: MakeExplorerLink | null;
  /** Slack refused the channel or the token: a last chance to tell the person in another way. */
  onRefused?: (requestId: RequestId, explanation: string) => void;
};

/** A bot that dies is followed by another after this long. One that lives renews its lease well before. */
const leaseMs = 15_000;
const renewEveryMs = 5_000;
const longestSleepMs = 20_000;
const sweepEveryMs = 3_000;
const mostSwept = 100;
/** A message that Slack did not take for so long is about an incident of yesterday. */
const longestWaitMs = 6 * 3_600_000;
const stopMs = 5_000;

/** One request being delivered by this process. `wake` makes it look again instead of sleeping on. */
type Run = { done: Promise<void>; wake: AbortController; isWoken: boolean };
type Step = {
  request: RequestRow;
  message: MessageRow;
  messages: readonly MessageRow[];
  threadTs: string | null;
};

/**
 * Makes Slack look as the stored messages say: posts what is not there, changes what is older. Whatever
 * happens in between, looking again mends it.
 *
 *     woken or swept ─▶ lease ─▶ what is newer than Slack? ─▶ wait for the channel ─▶ look again ─▶ send one ─┐
 *                                   ▲                                                                         │
 *                                   └─────────────────────────────────────────────────────────────────────────┘
 */
export function createDelivery(options: DeliveryOptions) {
  const { store, slack, clock, holder, log, explorerLink = null } = options;
  const pacer = new ChannelPacer();
  const retryTimes = new RetryTimes();
  const runs = new Map<RequestId, Run>();
  const stopping = new AbortController();
  /** In Slack's word; null when it took the last message. */
  let tokenRefusal: string | null = null;
  let sweeper: Promise<void> | undefined;

  /** Delivers all that one request has to say, and ends when Slack shows it, or will be tried again later. */
  function deliver(requestId: RequestId): Promise<void> {
    const current = runs.get(requestId);
    if (current !== undefined) {
      current.isWoken = true;
      current.wake.abort();
      return current.done;
    }
    if (stopping.signal.aborted || clock.now() < retryTimes.dueAt(requestId)) return Promise.resolve();
    const run: Run = { done: Promise.resolve(), wake: new AbortController(), isWoken: false };
    runs.set(requestId, run);
    run.done = deliverUntilStill(requestId, run).finally(() => runs.delete(requestId));
    return run.done;
  }

  /** A wake that comes while the last look is under way must not be lost. */
  async function deliverUntilStill(requestId: RequestId, run: Run): Promise<void> {
    do {
      run.isWoken = false;
      await deliverRequest(requestId, run);
    } while (run.isWoken && !stopping.signal.aborted && clock.now() >= retryTimes.dueAt(requestId));
  }

  async function deliverRequest(requestId: RequestId, run: Run): Promise<void> {
    try {
      if (!(await store.leaseDelivery(requestId, holder, leaseMs))) return;
      const renewing = renewLease(requestId);
      try {
        await sendAll(requestId, run);
        retryTimes.forget(requestId);
      } finally {
        clearInterval(renewing);
        await store.releaseDelivery(requestId, holder);
      }
    } catch (error) {
      const waitMs = retryTimes.postpone(requestId, clock.now());
      log.warn({ err: error, requestId, waitMs }, 'Delivery is tried again later');
    }
  }

  /** A step may take longer than the lease lasts. A renewal that fails is made up for by the next, or before each step. */
  function renewLease(requestId: RequestId): NodeJS.Timeout {
    const renew = () => store.leaseDelivery(requestId, holder, leaseMs).catch(() => {});
    return setInterval(() => void renew(), renewEveryMs).unref();
  }

  async function sendAll(requestId: RequestId, run: Run): Promise<void> {
    const files = new FileWatch({ store, slack, clock, log });
    /** First progress that is noted as delivered, but that Slack verifiably did not take. */
    const owed = new Set<string>();
    while (!stopping.signal.aborted) {
      const request = await store.findRequest(requestId);
      if (request === undefined) return;
      const messages = await store.listMessages(requestId);
      const pending = messages.filter(
        (message) =>
          (message.version > message.deliveredVersion && !files.has(message)) || owed.has(message.key),
      );
      if (request.channelId === '') return noteAll(request, pending);
      const threadTs = await holdThread(request, messages);
      const message = chooseMessage(pending, threadTs !== null);
      if (message === undefined) {
        if (!files.isWatching) return;
        await files.look(request, threadTs, sleepSignal(run));
        continue;
      }
      if (!(await store.leaseDelivery(requestId, holder, leaseMs))) return;
      if (!(await takeTurn(request, message, run))) continue;
      const facts = {
        name: `deliver ${message.key}`,
        attributes: { 'avalanche.version': message.version },
      };
      await traceRequest(requestId, facts, () =>
        sendOne({ request, message, messages, threadTs }, { files, owed }),
      );
    }
  }

  /** True when it is this message's turn now; otherwise waits, and what to send has to be chosen again. */
  async function takeTurn({ id, channelId }: RequestRow, message: MessageRow, run: Run): Promise<boolean> {
    const { key, kind, slackTs } = message;
    const turn = { channel: channelId, name: `${id}/${key}`, kind, isUpdate: slackTs !== null };
    const now = clock.now();
    const waitMs = pacer.dueAt(turn) - now;
    if (waitMs <= 0) {
      pacer.take(turn, now);
      return true;
    }
    await clock.sleep(Math.min(waitMs, longestSleepMs), sleepSignal(run));
    return false;
  }

  function sleepSignal(run: Run): AbortSignal {
    run.wake = new AbortController();
    return AbortSignal.any([run.wake.signal, stopping.signal]);
  }

  /** The thread of a request is its first message, wherever it was not typed in one. */
  async function holdThread(
    { id, threadTs }: RequestRow,
    messages: readonly MessageRow[],
  ): Promise<string | null> {
    if (threadTs !== null) return threadTs;
    const first = messages.find(({ slackTs }) => slackTs !== null)?.slackTs ?? null;
    return first === null ? null : store.setRequestThread(id, first);
  }

  async function sendOne(
    step: Step,
    { files, owed }: { files: FileWatch; owed: Set<string> },
  ): Promise<void> {
    const { request, message, threadTs } = step;
    const nowMs = clock.now();
    owed.delete(message.key);
    if (nowMs - message.updatedAt > longestWaitMs) {
      return refuse(step, {
        kind: 'refused',
        reason: 'Slack could not be reached for hours',
        isForAll: false,
      });
    }
    const parsed = reportSchema.safeParse(message.content);
    if (!parsed.success) {
      log.error({ err: parsed.error, requestId: request.id, key: message.key }, 'Message is no report');
      return refuse(step, { kind: 'refused', reason: 'the message is no report', isForAll: false });
    }
    const report = parsed.data;
    try {
      if (isFile(report)) {
        const sent = await sendFile({
          ...options,
          explorerLink,
          nowMs,
          request,
          message,
          report,
          threadTs,
        });
        if (sent.ts === null) files.add({ key: message.key, version: message.version, fileId: sent.fileId });
      } else {
        await sendText({
          store,
          slack,
          explorerLink,
          nowMs,
          request,
          message,
          report,
          threadTs,
        });
      }
      tokenRefusal = null;
      deliveryLagSeconds.observe(
        { kind: message.kind },
        Math.max(0, clock.now() - message.updatedAt) / 1_000,
      );
      log.info({ requestId: request.id, key: message.key, version: message.version }, 'Message delivered');
    } catch (error) {
      await handleFailure(step, error, owed);
    }
  }

  async function handleFailure(step: Step, error: unknown, owed: Set<string>): Promise<void> {
    const { request, message } = step;
    const failure = classifyFailure(error);
    const isFirstProgress = message.kind === 'progress' && message.slackTs === null;
    log.warn(
      { err: error, requestId: request.id, key: message.key, failure: failure.kind },
      'Slack did not take a message',
    );
    switch (failure.kind) {
      case 'rate-limited':
        pacer.block(request.channelId, clock.now() + failure.waitMs);
        if (isFirstProgress) owed.add(message.key);
        return;
      case 'unknown-outcome':
        // It may stand there already; the next version, or the result, will come as a message of its own.
        if (isFirstProgress) return;
        throw error;
      case 'thread-gone':
        // Progress of it interests nobody; a result begins a new thread.
        if (message.kind === 'progress' || step.threadTs === null) return refuse(step, failure);
        return store.forgetThread(request.id, step.threadTs);
      case 'gone':
      case 'too-complex':
      case 'refused':
        return refuse(step, failure);
      default:
        return failure satisfies never;
    }
  }

  /** Notes what Slack refused for good. Where that holds for the whole channel, the request ends here. */
  async function refuse(
    { request, message, messages }: Step,
    failure: Exclude<SlackFailure, { waitMs: number }>,
  ): Promise<void> {
    const { reason } = failure;
    const isForAll = failure.kind === 'refused' && failure.isForAll;
    const refused = isForAll ? messages.filter((other) => other.version > other.deliveredVersion) : [];
    for (const { key, version } of [message, ...refused]) {
      await store.markDelivered(request.id, key, { version, error: reason });
    }
    if (!isForAll) return;
    if (isAboutToken(reason)) {
      if (tokenRefusal === null) log.fatal({ reason }, 'Slack does not accept the bot token any more');
      tokenRefusal = reason;
    }
    const explanation = explainRefusal(reason);
    const error = {
      code: 'SLACK_REFUSED' as const,
      message: `Cannot answer in the channel "${request.channelId}": ${explanation}`,
    };
    await store.setRequestState(request.id, 'failed', { ...error, advice: errorCodes.SLACK_REFUSED.advice });
    options.onRefused?.(request.id, explanation);
  }

  /** What was asked in a terminal is read there. */
  async function noteAll({ id }: RequestRow, pending: readonly MessageRow[]): Promise<void> {
    for (const { key, version } of pending) await store.markDelivered(id, key, { version });
  }

  /** Looks for everything that Slack does not show yet, however it was missed. */
  async function sweep(): Promise<void> {
    await Promise.all((await store.listUndelivered(mostSwept)).map(deliver));
  }

  async function sweepForever(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Not waited for: one slow channel must not keep the others from being looked at.
      void sweep().catch((error: unknown) =>
        log.warn({ err: error }, 'Delivery could not look for messages'),
      );
      await clock.sleep(sweepEveryMs, stopping.signal);
    }
  }

  /** Begins to take wakes from the queue, and to look by itself every few seconds. */
  async function start(queue: JobQueue): Promise<void> {
    sweeper = sweepForever();
    await queue.work('deliver', { concurrency: 8 }, async ({ payload }) => {
      const { requestId } = jobs.deliver.payload.parse(payload);
      void deliver(requestId as RequestId);
    });
  }

  /** Ends after the message that is being sent now. */
  async function stop(): Promise<void> {
    stopping.abort();
    const ended = Promise.allSettled([sweeper, ...[...runs.values()].map(({ done }) => done)]);
    await Promise.race([ended, clock.sleep(stopMs, new AbortController().signal)]);
  }

  return { deliver, sweep, start, stop, tokenRefusal: () => tokenRefusal };
}
