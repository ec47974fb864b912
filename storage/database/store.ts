import type { ErrorCode } from '../errors.ts';

/** Ids are UUIDv7, made by the program. Times are UTC milliseconds since 1970. */
export type RequestId = string & { readonly brand: 'RequestId' };
export type SnapshotId = string & { readonly brand: 'SnapshotId' };

/** Where a command came from; with it, where its answer belongs. */
export type RequestSource = 'slash-command' | 'mention' | 'button' | 'terminal';
/** A cancelled request is over for good; a failed one may still turn out well, when its work was only late. */
export type RequestState = 'accepted' | 'running' | 'done' | 'failed' | 'cancelled';

export type StoredError = { code: ErrorCode; message: string; advice: string };

/** A command once accepted. */
export type RequestRow = {
  id: RequestId;
  /** Equal keys are one request: the second insert answers with the first row. */
  deduplicationKey: string;
  source: RequestSource;
  command: string;
  /** The parsed arguments, as the command's own schema has them. */
  arguments: unknown;
  /** What the person typed, shortened; shown to nobody but them. */
  text: string;
  teamId: string;
  /** Channel id, never a name; '' in a terminal. */
  channelId: string;
  /** The thread to answer in; null until the first message is posted as a parent. Always the parent's timestamp. */
  threadTs: string | null;
  userId: string;
  state: RequestState;
  error: StoredError | null;
  createdAt: number;
  updatedAt: number;
  finishedAt: number | null;
};

/** Where an answer lives in Slack: ids, and the timestamp of the thread's parent. */
export type Thread = { teamId: string; channelId: string; threadTs: string };

/** What a reply should say. Delivery makes Slack match it: `deliveredVersion` follows `version`. */
export type MessageRow = {
  requestId: RequestId;
  /** 'summary', 'flame-graph', 'suspects' ...: one message each. */
  key: string;
  version: number;
  /** Progress is delivered at most once and coalesced; a result at least once and before any progress. */
  kind: 'progress' | 'result';
  /** A report of workers/jobs.ts. */
  content: unknown;
  createdAt: number;
  updatedAt: number;
  deliveredVersion: number;
  /** Slack's timestamp of the message once posted. */
  slackTs: string | null;
  /** Slack's id of the uploaded file, for messages that are one. */
  slackFileId: string | null;
  /** Set when Slack refused it for good: delivery does not try this version again. */
  deliveryError: string | null;
};

export type SnapshotPod = {
  name: string;
  state: 'captured' | 'failed';
  sampleCount: number;
  error: StoredError | null;
  /** In which way it was recorded; snapshots of earlier versions do not say. */
  how?: string | null;
};

/** A stored profile and what it is of. */
export type SnapshotRow = {
  id: SnapshotId;
  requestId: RequestId;
  app: string;
  environment: string;
  createdAt: number;
  /** Wall-clock window of the recording, where known. */
  windowStartMs: number | null;
  windowEndMs: number | null;
  sampleCount: number;
  event: string;
  revision: string | null;
  pods: SnapshotPod[];
  /** Blob keys. */
  profileKey: string;
  pictureKey: string;
  /** The first suspect in one line, for listings; null before or without. */
  verdict: string | null;
  /** A pinned snapshot is never removed for its age, nor for how many there are; null while it is not. */
  pinnedAt: number | null;
  /** A person's id in Slack, or a name in a terminal. */
  pinnedBy: string | null;
};

export type NewSnapshot = Omit<SnapshotRow, 'pinnedAt' | 'pinnedBy'>;

/** An app in one of its environments. */
export type Target = { app: string; environment: string };

/** What is remembered of a request for longer than the request itself: who, where, what, and how it ended. */
export type AuditRow = Pick<
  RequestRow,
  'source' | 'command' | 'teamId' | 'channelId' | 'userId' | 'state' | 'createdAt' | 'finishedAt'
> & {
  requestId: RequestId;
  /** Null for what concerns no app, and for what ended before it was known. */
  app: string | null;
  environment: string | null;
  /** Of one that failed or was cancelled. */
  errorCode: ErrorCode | null;
  /** Why it ran although no rule allowed it. */
  breakGlass: string | null;
};

export type NewRequest = Omit<RequestRow, 'state' | 'error' | 'createdAt' | 'updatedAt' | 'finishedAt'>;

/**
 * What lasts, whatever engine keeps it. One contract suite (test/storage/store.contract.ts) runs over
 * every engine. All methods are atomic on their own; none throws for "not there" unless it says so.
 */
export type Store = {
  /**
   * Records a command, and in the same transaction who gave it, for the audit. A known deduplication key changes
   * nothing and gives the row that was first, with `isNew` false.
   */
  addRequest(request: NewRequest): Promise<{ request: RequestRow; isNew: boolean }>;
  findRequest(id: RequestId): Promise<RequestRow | undefined>;
  /** Which of these there are. */
  listKnownRequests(ids: readonly RequestId[]): Promise<RequestId[]>;
  /** Removes the oldest requests, with their messages, but those of a pinned snapshot. Gives how many. */
  removeRequests(filter: { createdBefore: number; limit: number }): Promise<number>;
  /** Newest first. */
  listRequests(filter: {
    states?: RequestState[];
    createdAfter?: number;
    /** A channel, or one thread of it. */
    place?: { teamId: string; channelId: string; threadTs?: string };
    limit: number;
  }): Promise<RequestRow[]>;
  /** Changes nothing once the request is cancelled. */
  setRequestState(
    id: RequestId,
    state: Exclude<RequestState, 'cancelled'>,
    error?: StoredError,
  ): Promise<void>;
  /**
   * Ends an open request with its last message; messages that Slack has not seen yet go with it. False, and
   * nothing is changed, when it is not open any more. Nothing is written for it afterwards.
   */
  cancelRequest(
    id: RequestId,
    last: { message: { key: string; content: unknown }; error: StoredError },
  ): Promise<boolean>;
  /** Sets the thread once; later calls change nothing. Gives the thread that holds. */
  setRequestThread(id: RequestId, threadTs: string): Promise<string>;
  /**
   * The thread is gone from Slack, and all messages of the request with it: what is delivered next begins a new one.
   * Changes nothing where another thread holds by now.
   */
  forgetThread(id: RequestId, threadTs: string): Promise<void>;

  /**
   * Says what a message should now be. The version counts up by itself; equal content changes nothing.
   * A result is never replaced by progress.
   *
   * @throws AvalancheError REQUEST_CANCELLED when its request is: whoever still works for it may stop
   */
  writeMessage(message: {
    requestId: RequestId;
    key: string;
    kind: 'progress' | 'result';
    content: unknown;
  }): Promise<MessageRow>;
  listMessages(requestId: RequestId): Promise<MessageRow[]>;
  /** Requests with a message newer than what Slack has, oldest first. */
  listUndelivered(limit: number): Promise<RequestId[]>;
  markDelivered(
    requestId: RequestId,
    key: string,
    delivered: { version: number; slackTs?: string; slackFileId?: string; error?: string },
  ): Promise<void>;
  /** Takes or renews the right to deliver this request's messages. False while another holder's lease runs. */
  leaseDelivery(requestId: RequestId, holder: string, forMs: number): Promise<boolean>;
  releaseDelivery(requestId: RequestId, holder: string): Promise<void>;

  /** A known id changes nothing. */
  addSnapshot(snapshot: NewSnapshot): Promise<void>;
  findSnapshot(id: SnapshotId): Promise<SnapshotRow | undefined>;
  /** The newest snapshot that was asked for in this thread. */
  findSnapshotByThread(thread: Thread): Promise<SnapshotRow | undefined>;
  /**
   * Removes the row of a snapshot that is not pinned; its files are somebody else's.
   *
   * @returns false when there was nothing to remove: it is pinned, or not there
   */
  removeSnapshot(id: SnapshotId): Promise<boolean>;
  /** Whoever pins first is named. @returns false when it was pinned already, or is not there */
  pinSnapshot(id: SnapshotId, by: string): Promise<boolean>;
  /** @returns false when it was not pinned, or is not there */
  unpinSnapshot(id: SnapshotId): Promise<boolean>;
  /** None that is pinned. Those that are older, and those beyond so many newer ones of their app in its environment. In no order. */
  listExpiredSnapshots(filter: {
    createdBefore: number;
    keptPerApp: number;
    limit: number;
  }): Promise<SnapshotRow[]>;
  /** Newest first. */
  listSnapshots(filter: { app?: string; environment?: string; limit: number }): Promise<SnapshotRow[]>;

  /** From now on no link to this snapshot that was made before opens it. */
  revokeLinks(id: SnapshotId): Promise<void>;
  /** UTC milliseconds; null when they never were. */
  findLinkRevocation(id: SnapshotId): Promise<number | null>;

  /** Says in the audit what a request is about; the first time holds. How it ends is written with its state. */
  setAuditTarget(id: RequestId, target: Target): Promise<void>;
  /** Notes why a command ran although no rule allowed it. */
  setAuditReason(id: RequestId, reason: string): Promise<void>;
  /** Newest first. */
  listAudit(filter: {
    teamId?: string;
    userId?: string;
    target?: Target;
    createdAfter?: number;
    limit: number;
  }): Promise<AuditRow[]>;
  /** Removes the oldest rows. Gives how many. */
  removeAudit(filter: { createdBefore: number; limit: number }): Promise<number>;

  /** Keeps a value under a name once, whoever comes first, and gives the one that is kept. */
  keepSecret(name: string, value: string): Promise<string>;

  /**
   * Changes a small value that the processes share under a name, one of them after the other: what `change` is given
   * is what the one before it left, null at first. When it throws, nothing is changed. It may be called again after
   * a fault of the engine.
   */
  changeAgreement(name: string, change: (content: unknown) => unknown): Promise<void>;

  /** Engine and version, for `status`. */
  describe(): Promise<string>;
  close(): Promise<void>;
};
