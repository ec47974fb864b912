import { isDeepStrictEqual } from 'node:util';
import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  min,
  ne,
  notExists,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { AvalancheError } from '../errors.ts';
import type { Database, Engine } from './engine.ts';
import { runOnEngine } from './engine-errors.ts';
import type {
  AuditRow,
  MessageRow,
  NewRequest,
  NewSnapshot,
  RequestId,
  RequestRow,
  RequestState,
  SnapshotId,
  SnapshotRow,
  Store,
  StoredError,
  Target,
  Thread,
} from './store.ts';

type NewMessage = Parameters<Store['writeMessage']>[0];
type Delivered = Parameters<Store['markDelivered']>[2];

/** The one implementation of Store: every query is written once, for every engine. */
export class DatabaseStore implements Store {
  readonly #engine: Engine;
  readonly #now: () => number;
  readonly #requestColumns;
  readonly #messageColumns;

  constructor(engine: Engine, now: () => number = Date.now) {
    this.#engine = engine;
    this.#now = now;
    const { deliveryHolder, deliveryLeaseUntil, ...requestColumns } = getTableColumns(engine.tables.requests);
    const { undeliveredSince, ...messageColumns } = getTableColumns(engine.tables.messages);
    this.#requestColumns = requestColumns;
    this.#messageColumns = messageColumns;
  }

  async addRequest(request: NewRequest): Promise<{ request: RequestRow; isNew: boolean }> {
    const { audit, requests } = this.#engine.tables;
    const now = this.#now();
    const row = { ...request, state: 'accepted' as const, createdAt: now, updatedAt: now };
    const { id, source, command, teamId, channelId, userId, state } = row;
    const entry = { requestId: id, source, command, teamId, channelId, userId, state, createdAt: now };
    return this.#runTransaction(async (transaction) => {
      const isNew = await this.#engine.isAdded(transaction.insert(requests).values(row));
      if (isNew) await transaction.insert(audit).values(entry);
      const isRequest = eq(requests.deduplicationKey, request.deduplicationKey);
      const first = await this.#findRequest(transaction, isRequest);
      if (first === undefined) {
        throw new RangeError(`Cannot record the request "${request.id}": another request has this id`);
      }
      return { request: first, isNew };
    });
  }

  async findRequest(id: RequestId): Promise<RequestRow | undefined> {
    return this.#run((database) => this.#findRequest(database, eq(this.#engine.tables.requests.id, id)));
  }

  async listKnownRequests(ids: readonly RequestId[]): Promise<RequestId[]> {
    const { requests } = this.#engine.tables;
    const isOneOf = inArray(requests.id, [...ids]);
    const rows = await this.#run((database) =>
      database.select({ id: requests.id }).from(requests).where(isOneOf),
    );
    return rows.map(({ id }) => id);
  }

  async removeRequests(filter: { createdBefore: number; limit: number }): Promise<number> {
    const { requests, messages, snapshots } = this.#engine.tables;
    return this.#runTransaction(async (transaction) => {
      const pinned = transaction
        .select({ id: snapshots.id })
        .from(snapshots)
        .where(and(eq(snapshots.requestId, requests.id), isNotNull(snapshots.pinnedAt)));
      const old = await transaction
        .select({ id: requests.id })
        .from(requests)
        .where(and(lt(requests.createdAt, filter.createdBefore), notExists(pinned)))
        .orderBy(asc(requests.createdAt), asc(requests.id))
        .limit(filter.limit);
      const ids = old.map(({ id }) => id);
      if (ids.length === 0) return 0;
      // The order in which writers lock: the request, then its messages.
      await transaction.delete(requests).where(inArray(requests.id, ids));
      await transaction.delete(messages).where(inArray(messages.requestId, ids));
      return ids.length;
    });
  }

  async listRequests(filter: {
    states?: RequestState[];
    createdAfter?: number;
    place?: { teamId: string; channelId: string; threadTs?: string };
    limit: number;
  }): Promise<RequestRow[]> {
    const { requests } = this.#engine.tables;
    const { states, createdAfter, place, limit } = filter;
    const condition = and(
      states && inArray(requests.state, states),
      createdAfter === undefined ? undefined : gt(requests.createdAt, createdAfter),
      place && and(eq(requests.teamId, place.teamId), eq(requests.channelId, place.channelId)),
      place?.threadTs === undefined ? undefined : eq(requests.threadTs, place.threadTs),
    );
    return this.#run((database) => this.#selectRequests(database, condition, limit));
  }

  async setRequestState(
    id: RequestId,
    state: Exclude<RequestState, 'cancelled'>,
    error?: StoredError,
  ): Promise<void> {
    const { audit, requests } = this.#engine.tables;
    const now = this.#now();
    const finishedAt = state === 'done' || state === 'failed' ? now : null;
    await this.#runTransaction(async (transaction) => {
      await transaction
        .update(requests)
        .set({ state, error: error ?? null, updatedAt: now, finishedAt })
        .where(and(eq(requests.id, id), ne(requests.state, 'cancelled')));
      await transaction
        .update(audit)
        .set({ state, errorCode: error?.code ?? null, finishedAt })
        .where(and(eq(audit.requestId, id), ne(audit.state, 'cancelled')));
    });
  }

  async cancelRequest(
    id: RequestId,
    { message, error }: { message: { key: string; content: unknown }; error: StoredError },
  ): Promise<boolean> {
    const { audit, requests, messages } = this.#engine.tables;
    const isOver = { state: 'cancelled' as const, error, updatedAt: this.#now(), finishedAt: this.#now() };
    const isOtherUnseen = and(
      eq(messages.requestId, id),
      ne(messages.key, message.key),
      eq(messages.deliveredVersion, 0),
      isNull(messages.slackTs),
      isNull(messages.slackFileId),
    );
    return this.#runTransaction(async (transaction) => {
      const state = await this.#lockRequest(transaction, id);
      if (state !== 'accepted' && state !== 'running') return false;
      await transaction.update(requests).set(isOver).where(eq(requests.id, id));
      await transaction
        .update(audit)
        .set({ state: isOver.state, errorCode: error.code, finishedAt: isOver.finishedAt })
        .where(eq(audit.requestId, id));
      await transaction.delete(messages).where(isOtherUnseen);
      await this.#writeVersion(transaction, { requestId: id, kind: 'result', ...message });
      return true;
    });
  }

  async setRequestThread(id: RequestId, threadTs: string): Promise<string> {
    const { requests } = this.#engine.tables;
    return this.#run(async (database) => {
      await database
        .update(requests)
        .set({ threadTs, updatedAt: this.#now() })
        .where(and(eq(requests.id, id), isNull(requests.threadTs)));
      const request = await this.#findRequest(database, eq(requests.id, id));
      return request?.threadTs ?? threadTs;
    });
  }

  async forgetThread(id: RequestId, threadTs: string): Promise<void> {
    const { requests, messages } = this.#engine.tables;
    await this.#runTransaction(async (transaction) => {
      const result = await transaction
        .update(requests)
        .set({ threadTs: null, updatedAt: this.#now() })
        .where(and(eq(requests.id, id), eq(requests.threadTs, threadTs)));
      if (this.#engine.countRows(result) === 0) return;
      await transaction.update(messages).set({ slackTs: null }).where(eq(messages.requestId, id));
    });
  }

  async writeMessage(message: NewMessage): Promise<MessageRow> {
    // As it will be read again: only so is equal content found equal.
    const content: unknown = JSON.parse(JSON.stringify(message.content ?? null));
    return this.#runTransaction(async (transaction) => {
      const state = await this.#lockRequest(transaction, message.requestId);
      if (state === 'cancelled') {
        throw new AvalancheError(
          'REQUEST_CANCELLED',
          `Cannot write the message "${message.key}": its request was cancelled`,
        );
      }
      return this.#writeVersion(transaction, { ...message, content });
    });
  }

  async listMessages(requestId: RequestId): Promise<MessageRow[]> {
    const { messages } = this.#engine.tables;
    return this.#run((database) =>
      database
        .select(this.#messageColumns)
        .from(messages)
        .where(eq(messages.requestId, requestId))
        .orderBy(asc(messages.createdAt), asc(messages.key)),
    );
  }

  /** What was asked in a terminal is not Slack's, and would stay at the head of the list for good. */
  async listUndelivered(limit: number): Promise<RequestId[]> {
    const { messages, requests } = this.#engine.tables;
    const waiting = await this.#run((database) =>
      database
        .select({ requestId: messages.requestId })
        .from(messages)
        .innerJoin(requests, eq(requests.id, messages.requestId))
        .where(and(isNotNull(messages.undeliveredSince), ne(requests.source, 'terminal')))
        .groupBy(messages.requestId)
        .orderBy(min(messages.undeliveredSince), asc(messages.requestId))
        .limit(limit),
    );
    return waiting.map((row) => row.requestId);
  }

  async markDelivered(requestId: RequestId, key: string, delivered: Delivered): Promise<void> {
    const { messages } = this.#engine.tables;
    const { version, slackTs, slackFileId } = delivered;
    const error = sql.param(delivered.error ?? null, messages.deliveryError);
    const isNewest = sql`${messages.version} <= ${version}`;
    await this.#run((database) =>
      database
        .update(messages)
        .set({
          deliveredVersion: version,
          // Absent means as it was.
          slackTs,
          slackFileId,
          // Refused was this version; a newer one is tried.
          deliveryError: sql`case when ${isNewest} then ${error} end`,
          undeliveredSince: sql`case when ${isNewest} then null else ${messages.updatedAt} end`,
        })
        .where(and(this.#isMessage(requestId, key), lte(messages.deliveredVersion, version))),
    );
  }

  async leaseDelivery(requestId: RequestId, holder: string, forMs: number): Promise<boolean> {
    const { tables, nowMs } = this.#engine;
    const { id, deliveryHolder, deliveryLeaseUntil } = tables.requests;
    const isFree = or(isNull(deliveryHolder), eq(deliveryHolder, holder), lte(deliveryLeaseUntil, nowMs));
    return this.#run(async (database) => {
      const result = await database
        .update(tables.requests)
        .set({ deliveryHolder: holder, deliveryLeaseUntil: sql`${nowMs} + ${Math.ceil(forMs)}` })
        .where(and(eq(id, requestId), isFree));
      return this.#engine.countRows(result) === 1;
    });
  }

  async releaseDelivery(requestId: RequestId, holder: string): Promise<void> {
    const { requests } = this.#engine.tables;
    await this.#run((database) =>
      database
        .update(requests)
        .set({ deliveryHolder: null, deliveryLeaseUntil: null })
        .where(and(eq(requests.id, requestId), eq(requests.deliveryHolder, holder))),
    );
  }

  /** A known id changes nothing, so that a job tried again may do this again. */
  async addSnapshot(snapshot: NewSnapshot): Promise<void> {
    const { snapshots } = this.#engine.tables;
    await this.#run((database) => this.#engine.isAdded(database.insert(snapshots).values(snapshot)));
  }

  async findSnapshot(id: SnapshotId): Promise<SnapshotRow | undefined> {
    const { snapshots } = this.#engine.tables;
    return (await this.#selectSnapshots(eq(snapshots.id, id), 1))[0];
  }

  async findSnapshotByThread({ teamId, channelId, threadTs }: Thread): Promise<SnapshotRow | undefined> {
    const { snapshots, requests } = this.#engine.tables;
    const isInThread = and(
      eq(requests.teamId, teamId),
      eq(requests.channelId, channelId),
      eq(requests.threadTs, threadTs),
    );
    const rows = await this.#run((database) =>
      database
        .select({ snapshot: snapshots })
        .from(snapshots)
        .innerJoin(requests, eq(requests.id, snapshots.requestId))
        .where(isInThread)
        .orderBy(desc(snapshots.createdAt), desc(snapshots.id))
        .limit(1),
    );
    return rows[0]?.snapshot;
  }

  async removeSnapshot(id: SnapshotId): Promise<boolean> {
    const { linkRevocations, snapshots } = this.#engine.tables;
    const isRemovable = and(eq(snapshots.id, id), isNull(snapshots.pinnedAt));
    return this.#run(async (database) => {
      const result = await database.delete(snapshots).where(isRemovable);
      if (this.#engine.countRows(result) === 0) return false;
      await database.delete(linkRevocations).where(eq(linkRevocations.snapshotId, id));
      return true;
    });
  }

  async pinSnapshot(id: SnapshotId, by: string): Promise<boolean> {
    const { snapshots } = this.#engine.tables;
    const isUnpinned = and(eq(snapshots.id, id), isNull(snapshots.pinnedAt));
    const pin = { pinnedAt: this.#now(), pinnedBy: by };
    return this.#run(
      async (database) =>
        this.#engine.countRows(await database.update(snapshots).set(pin).where(isUnpinned)) === 1,
    );
  }

  async unpinSnapshot(id: SnapshotId): Promise<boolean> {
    const { snapshots } = this.#engine.tables;
    const isPinned = and(eq(snapshots.id, id), isNotNull(snapshots.pinnedAt));
    const noPin = { pinnedAt: null, pinnedBy: null };
    return this.#run(
      async (database) =>
        this.#engine.countRows(await database.update(snapshots).set(noPin).where(isPinned)) === 1,
    );
  }

  async listExpiredSnapshots(filter: {
    createdBefore: number;
    keptPerApp: number;
    limit: number;
  }): Promise<SnapshotRow[]> {
    const { snapshots } = this.#engine.tables;
    const { createdBefore, keptPerApp, limit } = filter;
    const expired = await this.#selectSnapshots(
      and(lt(snapshots.createdAt, createdBefore), isNull(snapshots.pinnedAt)),
      limit,
    );
    // To count them all reads a whole index.
    if (expired.length >= limit) return expired;
    const crowded = await this.#run((database) =>
      database
        .select({ app: snapshots.app, environment: snapshots.environment })
        .from(snapshots)
        .groupBy(snapshots.app, snapshots.environment)
        .having(gt(count(), keptPerApp)),
    );
    for (const { app, environment } of crowded) {
      if (expired.length >= limit) break;
      const isOfApp = and(
        eq(snapshots.app, app),
        eq(snapshots.environment, environment),
        isNull(snapshots.pinnedAt),
      );
      // The oldest of them are expired by age already, or come next time.
      const beyond = await this.#selectSnapshots(isOfApp, limit - expired.length, keptPerApp);
      expired.push(...beyond.filter(({ createdAt }) => createdAt >= createdBefore));
    }
    return expired;
  }

  async listSnapshots(filter: { app?: string; environment?: string; limit: number }): Promise<SnapshotRow[]> {
    const { snapshots } = this.#engine.tables;
    const { app, environment, limit } = filter;
    const condition = and(
      app === undefined ? undefined : eq(snapshots.app, app),
      environment === undefined ? undefined : eq(snapshots.environment, environment),
    );
    return this.#selectSnapshots(condition, limit);
  }

  async revokeLinks(id: SnapshotId): Promise<void> {
    const { linkRevocations } = this.#engine.tables;
    const revokedAt = this.#now();
    await this.#run(async (database) => {
      const values = { snapshotId: id, revokedAt };
      if (await this.#engine.isAdded(database.insert(linkRevocations).values(values))) return;
      await database.update(linkRevocations).set({ revokedAt }).where(eq(linkRevocations.snapshotId, id));
    });
  }

  async findLinkRevocation(id: SnapshotId): Promise<number | null> {
    const { linkRevocations } = this.#engine.tables;
    const rows = await this.#run((database) =>
      database.select().from(linkRevocations).where(eq(linkRevocations.snapshotId, id)).limit(1),
    );
    return rows[0]?.revokedAt ?? null;
  }

  async setAuditTarget(id: RequestId, { app, environment }: Target): Promise<void> {
    const { audit } = this.#engine.tables;
    await this.#run((database) =>
      database
        .update(audit)
        .set({ app, environment })
        .where(and(eq(audit.requestId, id), isNull(audit.app))),
    );
  }

  async setAuditReason(id: RequestId, reason: string): Promise<void> {
    const { audit } = this.#engine.tables;
    await this.#run((database) =>
      database.update(audit).set({ breakGlass: reason }).where(eq(audit.requestId, id)),
    );
  }

  async listAudit(filter: {
    teamId?: string;
    userId?: string;
    target?: Target;
    createdAfter?: number;
    limit: number;
  }): Promise<AuditRow[]> {
    const { audit } = this.#engine.tables;
    const { teamId, userId, target, createdAfter, limit } = filter;
    const condition = and(
      teamId === undefined ? undefined : eq(audit.teamId, teamId),
      userId === undefined ? undefined : eq(audit.userId, userId),
      target && and(eq(audit.app, target.app), eq(audit.environment, target.environment)),
      createdAfter === undefined ? undefined : gt(audit.createdAt, createdAfter),
    );
    return this.#run((database) =>
      database
        .select()
        .from(audit)
        .where(condition)
        .orderBy(desc(audit.createdAt), desc(audit.requestId))
        .limit(limit),
    );
  }

  async removeAudit(filter: { createdBefore: number; limit: number }): Promise<number> {
    const { audit } = this.#engine.tables;
    return this.#run(async (database) => {
      const old = await database
        .select({ requestId: audit.requestId })
        .from(audit)
        .where(lt(audit.createdAt, filter.createdBefore))
        .orderBy(asc(audit.createdAt), asc(audit.requestId))
        .limit(filter.limit);
      const ids = old.map(({ requestId }) => requestId);
      if (ids.length > 0) await database.delete(audit).where(inArray(audit.requestId, ids));
      return ids.length;
    });
  }

  async keepSecret(name: string, value: string): Promise<string> {
    const { secrets } = this.#engine.tables;
    return this.#run(async (database) => {
      await this.#engine.isAdded(database.insert(secrets).values({ name, value, createdAt: this.#now() }));
      const [kept] = await database.select().from(secrets).where(eq(secrets.name, name)).limit(1);
      return kept!.value;
    });
  }

  async changeAgreement(name: string, change: (content: unknown) => unknown): Promise<void> {
    const { agreements } = this.#engine.tables;
    const isNamed = eq(agreements.name, name);
    await this.#run(async (database) => {
      // Outside of the transaction: the row is there for whoever comes first, and a lock needs a row.
      await this.#engine.isAdded(
        database.insert(agreements).values({ name, content: null, updatedAt: this.#now() }),
      );
      await database.transaction(async (transaction) => {
        const [row] = await transaction.select().from(agreements).where(isNamed).for('update');
        const content = change(row?.content ?? null);
        await transaction.update(agreements).set({ content, updatedAt: this.#now() }).where(isNamed);
      });
    });
  }

  async describe(): Promise<string> {
    return runOnEngine(this.#engine, () => this.#engine.describe());
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }

  /** Whoever writes for a request waits for the others on its row: no version is lost, and none follows the last. */
  async #lockRequest(transaction: Database, id: RequestId): Promise<RequestState> {
    const { requests } = this.#engine.tables;
    const isRequest = eq(requests.id, id);
    const [row] = await transaction
      .select({ state: requests.state })
      .from(requests)
      .where(isRequest)
      .for('update');
    if (row !== undefined) return row.state;
    throw new RangeError(`Cannot write for the request "${id}": it is not, or no longer, kept`);
  }

  /** The row of its request is locked. */
  async #writeVersion(transaction: Database, message: NewMessage): Promise<MessageRow> {
    const { messages } = this.#engine.tables;
    const isMessage = this.#isMessage(message.requestId, message.key);
    const [found] = await transaction.select().from(messages).where(isMessage).for('update');
    const now = this.#now();
    if (found === undefined) {
      const first = { ...message, version: 1, createdAt: now, updatedAt: now, deliveredVersion: 0 };
      await transaction.insert(messages).values({ ...first, undeliveredSince: now });
      return { ...first, slackTs: null, slackFileId: null, deliveryError: null };
    }
    const { undeliveredSince, ...current } = found;
    if (!isNews(message, current)) return current;
    const next = {
      version: current.version + 1,
      kind: message.kind,
      content: message.content,
      updatedAt: now,
      deliveryError: null,
    };
    await transaction
      .update(messages)
      .set({ ...next, undeliveredSince: undeliveredSince ?? now })
      .where(isMessage);
    return { ...current, ...next };
  }

  #isMessage(requestId: RequestId, key: string): SQL | undefined {
    const { messages } = this.#engine.tables;
    return and(eq(messages.requestId, requestId), eq(messages.key, key));
  }

  async #findRequest(database: Database, condition: SQL | undefined): Promise<RequestRow | undefined> {
    return (await this.#selectRequests(database, condition, 1))[0];
  }

  async #selectRequests(
    database: Database,
    condition: SQL | undefined,
    limit: number,
  ): Promise<RequestRow[]> {
    const { requests } = this.#engine.tables;
    return database
      .select(this.#requestColumns)
      .from(requests)
      .where(condition)
      .orderBy(desc(requests.createdAt), desc(requests.id))
      .limit(limit);
  }

  async #selectSnapshots(condition: SQL | undefined, limit: number, offset = 0): Promise<SnapshotRow[]> {
    const { snapshots } = this.#engine.tables;
    return this.#run((database) =>
      database
        .select()
        .from(snapshots)
        .where(condition)
        .orderBy(desc(snapshots.createdAt), desc(snapshots.id))
        .limit(limit)
        .offset(offset),
    );
  }

  /** What went wrong in it counts, and not that the connection was then lost for the rollback too. */
  async #runTransaction<Result>(work: (transaction: Database) => Promise<Result>): Promise<Result> {
    return this.#run(async (database) => {
      let cause: unknown;
      const noteCause = (error: unknown): never => {
        cause = error;
        throw error;
      };
      try {
        return await database.transaction((transaction) => work(transaction).catch(noteCause));
      } catch (error) {
        throw cause ?? error;
      }
    });
  }

  async #run<Result>(work: (database: Database) => PromiseLike<Result>): Promise<Result> {
    return runOnEngine(this.#engine, () => work(this.#engine.database));
  }
}

/** A result wins over progress for good. The same content as a result is news: progress may never have arrived. */
function isNews(message: NewMessage, current: MessageRow): boolean {
  if (message.kind !== current.kind) return message.kind === 'result';
  return !isDeepStrictEqual(message.content, current.content);
}
