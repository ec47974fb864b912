import { bigint, customType, index, int, mysqlTable, primaryKey, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { ErrorCode } from '../errors.ts';
import type {
  MessageRow,
  RequestId,
  RequestSource,
  RequestState,
  SnapshotId,
  SnapshotPod,
  StoredError,
} from './store.ts';

/**
 * The tables, declared once. postgres-tables.ts makes the Postgres twin of whatever stands here, so a new
 * column is one line here, and `npm run migrations:generate` for the two migrations.
 *
 * Times are UTC milliseconds. Character set and collation stand in the column types, because drizzle has no
 * place for them at the table and a MariaDB without configuration would take latin1. The collation is binary:
 * keys and Slack ids are compared exactly, as Postgres does. One difference stays: MySQL ignores spaces at
 * the end when it compares.
 */
const exactText = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/**
 * Postgres refuses NUL in a text, and no engine takes half of a surrogate pair: both become U+FFFD, on every
 * engine, so that a hostile character costs nobody their answer.
 */
function toStorableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** At most `length` characters; the engine refuses what is longer. */
const shortText = customType<{
  data: string;
  driverData: string;
  config: { length: number };
  configRequired: true;
}>({
  dataType: ({ length }) => `varchar(${length}) ${exactText}`,
  toDriver: toStorableText,
});

const uuid = customType<{ data: string; driverData: string }>({
  dataType: () => `char(36) ${exactText}`,
  toDriver: toStorableText,
});

const longText = customType<{ data: string; driverData: string }>({
  dataType: () => `mediumtext ${exactText}`,
  toDriver: toStorableText,
});

/** JSON kept as text: exact on every engine (jsonb refuses NUL, MariaDB's JSON is text too), read and written here. */
const json = customType<{ data: unknown; driverData: string }>({
  dataType: () => `mediumtext ${exactText}`,
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (text) => JSON.parse(text),
});

const milliseconds = (name: string) => bigint(name, { mode: 'number' });

export const requests = mysqlTable(
  'requests',
  {
    id: uuid('id').$type<RequestId>().primaryKey(),
    deduplicationKey: shortText('deduplication_key', { length: 512 }).notNull(),
    source: shortText('source', { length: 32 }).$type<RequestSource>().notNull(),
    command: shortText('command', { length: 64 }).notNull(),
    arguments: json('arguments'),
    text: longText('text').notNull(),
    teamId: shortText('team_id', { length: 64 }).notNull(),
    channelId: shortText('channel_id', { length: 64 }).notNull(),
    threadTs: shortText('thread_ts', { length: 64 }),
    userId: shortText('user_id', { length: 64 }).notNull(),
    state: shortText('state', { length: 32 }).$type<RequestState>().notNull(),
    error: json('error').$type<StoredError>(),
    createdAt: milliseconds('created_at').notNull(),
    updatedAt: milliseconds('updated_at').notNull(),
    finishedAt: milliseconds('finished_at'),
    /** The lease: who may deliver this request's messages, and until when by the engine's clock. */
    deliveryHolder: shortText('delivery_holder', { length: 128 }),
    deliveryLeaseUntil: milliseconds('delivery_lease_until'),
  },
  (table) => [
    uniqueIndex('requests_deduplication_key').on(table.deduplicationKey),
    index('requests_newest').on(table.createdAt, table.id),
    index('requests_by_state').on(table.state, table.createdAt, table.id),
    index('requests_by_thread').on(table.teamId, table.channelId, table.threadTs, table.createdAt, table.id),
  ],
);

export const messages = mysqlTable(
  'messages',
  {
    requestId: uuid('request_id').$type<RequestId>().notNull(),
    key: shortText('key', { length: 64 }).notNull(),
    version: int('version').notNull(),
    kind: shortText('kind', { length: 32 }).$type<MessageRow['kind']>().notNull(),
    content: json('content'),
    createdAt: milliseconds('created_at').notNull(),
    updatedAt: milliseconds('updated_at').notNull(),
    deliveredVersion: int('delivered_version').notNull(),
    slackTs: shortText('slack_ts', { length: 64 }),
    slackFileId: shortText('slack_file_id', { length: 64 }),
    deliveryError: longText('delivery_error'),
    /** When it fell behind Slack; null while Slack has the newest version. For listUndelivered, which asks often. */
    undeliveredSince: milliseconds('undelivered_since'),
  },
  (table) => [
    primaryKey({ name: 'messages_key', columns: [table.requestId, table.key] }),
    index('messages_undelivered').on(table.undeliveredSince, table.requestId),
  ],
);

export const snapshots = mysqlTable(
  'snapshots',
  {
    id: uuid('id').$type<SnapshotId>().primaryKey(),
    requestId: uuid('request_id').$type<RequestId>().notNull(),
    app: shortText('app', { length: 128 }).notNull(),
    environment: shortText('environment', { length: 128 }).notNull(),
    createdAt: milliseconds('created_at').notNull(),
    windowStartMs: milliseconds('window_start_ms'),
    windowEndMs: milliseconds('window_end_ms'),
    sampleCount: milliseconds('sample_count').notNull(),
    event: shortText('event', { length: 255 }).notNull(),
    revision: shortText('revision', { length: 255 }),
    pods: json('pods').$type<SnapshotPod[]>().notNull(),
    profileKey: shortText('profile_key', { length: 512 }).notNull(),
    pictureKey: shortText('picture_key', { length: 512 }).notNull(),
    verdict: longText('verdict'),
    /** Set on what retention leaves alone. */
    pinnedAt: milliseconds('pinned_at'),
    pinnedBy: shortText('pinned_by', { length: 64 }),
  },
  (table) => [
    index('snapshots_newest').on(table.createdAt, table.id),
    index('snapshots_by_app').on(table.app, table.environment, table.createdAt, table.id),
    index('snapshots_by_app_anywhere').on(table.app, table.createdAt, table.id),
    index('snapshots_by_environment').on(table.environment, table.createdAt, table.id),
    index('snapshots_by_request').on(table.requestId, table.createdAt, table.id),
  ],
);

/** Who asked for what, where, and how it ended. A request's row is gone earlier than this one. */
export const audit = mysqlTable(
  'audit',
  {
    requestId: uuid('request_id').$type<RequestId>().primaryKey(),
    source: shortText('source', { length: 32 }).$type<RequestSource>().notNull(),
    command: shortText('command', { length: 64 }).notNull(),
    app: shortText('app', { length: 128 }),
    environment: shortText('environment', { length: 128 }),
    teamId: shortText('team_id', { length: 64 }).notNull(),
    channelId: shortText('channel_id', { length: 64 }).notNull(),
    userId: shortText('user_id', { length: 64 }).notNull(),
    state: shortText('state', { length: 32 }).$type<RequestState>().notNull(),
    errorCode: shortText('error_code', { length: 64 }).$type<ErrorCode>(),
    breakGlass: shortText('break_glass', { length: 400 }),
    createdAt: milliseconds('created_at').notNull(),
    finishedAt: milliseconds('finished_at'),
  },
  (table) => [
    index('audit_oldest').on(table.createdAt, table.requestId),
    index('audit_newest').on(table.teamId, table.createdAt, table.requestId),
    index('audit_by_user').on(table.teamId, table.userId, table.createdAt, table.requestId),
    index('audit_by_user_and_app').on(
      table.teamId,
      table.userId,
      table.app,
      table.environment,
      table.createdAt,
      table.requestId,
    ),
    index('audit_by_app').on(table.app, table.environment, table.createdAt, table.requestId),
  ],
);

/** Links to a snapshot that were made before this moment open nothing any more. */
export const linkRevocations = mysqlTable('link_revocations', {
  snapshotId: uuid('snapshot_id').$type<SnapshotId>().primaryKey(),
  revokedAt: milliseconds('revoked_at').notNull(),
});

/** Keys that the program made for itself, once for all processes. */
export const secrets = mysqlTable('secrets', {
  name: shortText('name', { length: 64 }).primaryKey(),
  value: shortText('value', { length: 255 }).notNull(),
  createdAt: milliseconds('created_at').notNull(),
});

/** What the processes agree on: one small value under a name, changed by one of them at a time. */
export const agreements = mysqlTable('agreements', {
  name: shortText('name', { length: 128 }).primaryKey(),
  content: json('content'),
  updatedAt: milliseconds('updated_at').notNull(),
});

export type Tables = {
  requests: typeof requests;
  messages: typeof messages;
  snapshots: typeof snapshots;
  audit: typeof audit;
  linkRevocations: typeof linkRevocations;
  secrets: typeof secrets;
  agreements: typeof agreements;
};
