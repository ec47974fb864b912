import { z } from 'zod';
import { readS3Url } from './blobs/s3-url.ts';
import { clusterSchema } from './cluster-config.ts';
import { defaultLimits } from './default-limits.ts';

/**
 * avalanche.yaml + environment variables, as the rest of the program sees them. Secrets come from the
 * environment only and are never in the file. A message of a check here says what is allowed.
 */
const name = z
  .string()
  .max(63)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    'lower-case letters, digits and dashes, beginning and ending with a letter or digit',
  );

const text = z.string().min(1);
const webAddress = text.regex(/^https?:\/\/[^\s/]/, 'an address that begins with https:// or http://');

/** `$app/$pod/perf-record.tar.gz`: path of the archive; `$app $pod $env $any` each stand for one segment or part of it. */
const template = text.refine(
  isPathTemplate,
  'a path below root or url, without "..", that has $app and $pod in it',
);
/** Archives older than this are of pods that are gone. */
const maximumAgeMs = z
  .number()
  .positive()
  .default(20 * 60_000);

const diskLogServerSchema = z.strictObject({
  kind: z.literal('disk'),
  /** Folder below which the template is matched. */
  root: text,
  template,
  maximumAgeMs,
});
export type DiskLogServerConfig = z.infer<typeof diskLogServerSchema>;

const variable = text.regex(/^[A-Z][A-Z0-9_]*$/, 'the name of an environment variable, in upper case');

/** The login is in an environment variable of the workers, never in the file. */
const authorizationSchema = z.strictObject({
  scheme: z.enum(['bearer', 'basic']),
  /** Name of the variable; its value is a token, or `user:password`. */
  variable,
});

const httpLogServerSchema = z.strictObject({
  kind: z.literal('http'),
  /** Address below which the template is matched; nothing beside or above it is asked for. */
  url: webAddress.refine(
    isPlainAddress,
    'an address without user, password, "?" and "#" (see `authorization` for a login)',
  ),
  template,
  maximumAgeMs,
  authorization: authorizationSchema.optional(),
  /** Time for an answer to begin, and the longest silence in it. */
  timeoutMs: z.number().int().min(1_000).max(120_000).default(10_000),
  /** Connections at once, for each process of workers. */
  concurrency: z.number().int().min(1).max(64).default(4),
  /** Rate that downloads share, for each process of workers; as fast as it goes when absent. */
  bytesPerSecond: z.number().int().min(65_536).optional(),
});
export type HttpLogServerConfig = z.infer<typeof httpLogServerSchema>;

const s3LogServerSchema = z.strictObject({
  kind: z.literal('s3'),
  /** `s3://BUCKET/PREFIX?endpoint=…&region=…`, as for blobs: below the prefix the template is matched. */
  url: text.refine(
    isS3Address,
    's3://BUCKET/PREFIX, as needed with ?endpoint=https://HOST:PORT&region=REGION',
  ),
  template,
  maximumAgeMs,
  /** Names of the variables that hold a login of its own; where AWS clients look for one when absent. */
  credentials: z.strictObject({ accessKeyVariable: variable, secretKeyVariable: variable }).optional(),
  /** Time for an answer to begin, and the longest silence in it. */
  timeoutMs: z.number().int().min(1_000).max(120_000).default(10_000),
  /** Questions at once, for each process of workers. */
  concurrency: z.number().int().min(1).max(64).default(4),
});
export type S3LogServerConfig = z.infer<typeof s3LogServerSchema>;

const logServerSchema = z.discriminatedUnion('kind', [
  diskLogServerSchema,
  httpLogServerSchema,
  s3LogServerSchema,
]);
export type LogServerConfig = z.infer<typeof logServerSchema>;

/** A place of which people may name a recording by its URL. */
const downloadSchema = z.strictObject({
  /** Address below which it lies; nothing beside or above it is asked for. */
  url: webAddress.refine(
    isPlainAddress,
    'an address without user, password, "?" and "#" (see `authorization` for a login)',
  ),
  authorization: authorizationSchema.optional(),
  /** Its host may have an address of a private network; without it none of those is connected to. */
  private: z.boolean().default(false),
});
export type DownloadConfig = z.infer<typeof downloadSchema>;

const environmentSchema = z
  .strictObject({
    name,
    logServers: z.array(logServerSchema).default([]),
    clusters: z.array(clusterSchema).max(20).default([]),
    downloads: z.array(downloadSchema).max(50).optional(),
  })
  .refine(({ logServers, clusters }) => logServers.length + clusters.length > 0, {
    path: ['logServers'],
    message: 'at least one of logServers and clusters',
    // Beside the mistakes in other keys: all are named at once. Where one of the two is no list, that is said already.
    when: ({ value }) => hasLists(value),
  });
export type EnvironmentConfig = z.infer<typeof environmentSchema>;

const repositorySchema = z.strictObject({
  /** Anything `git clone` takes: a URL or a path. */
  url: text.regex(/^(?!-)(?!\w+::)/, 'what `git clone` takes: a URL or a path'),
  /** How a permanent link is made: a kind of host with `web` as its address, or a template of one's own. */
  link: z
    .strictObject({
      kind: z.enum([
        'github',
        'gitlab',
        'gitea',
        'bitbucket-cloud',
        'bitbucket-server',
        'azure-devops',
        'gitiles',
        'cgit',
        'gitweb',
        'template',
      ]),
      /** `https://github.com/acme/shop`, or a template with {revision} {path} {line}. */
      web: webAddress,
    })
    .optional(),
  /** Where the repository's root lies in the running container: `/srv/app`. Stripped from the paths of frames. */
  containerRoot: z.string().default(''),
  /** Folder inside the repository that the container root maps to. */
  sourceRoot: z.string().default(''),
});
export type RepositoryConfig = z.infer<typeof repositorySchema>;

const applicationSchema = z.strictObject({
  name,
  /** Environments it runs in; all when absent. */
  environments: z.array(name).optional(),
  repository: repositorySchema.optional(),
  /** Used when the recording does not say. */
  revision: text.optional(),
  /** Prefixes of packages, modules or paths that are the app's own although they look like a library's. */
  own: z.array(text).default([]),
});
export type ApplicationConfig = z.infer<typeof applicationSchema>;

const limit = z.number().int().positive();

export const limitsSchema = z.strictObject({
  archiveBytes: limit.default(defaultLimits.archiveBytes),
  unpackedBytes: limit.default(defaultLimits.unpackedBytes),
  archiveEntries: limit.default(defaultLimits.archiveEntries),
  compressionRatio: z.number().positive().default(defaultLimits.compressionRatio),
  perfScriptMs: limit.default(defaultLimits.perfScriptMs),
  perfScriptMemoryBytes: limit.default(defaultLimits.perfScriptMemoryBytes),
  readingMemoryBytes: limit.min(64 * 1024 ** 2).default(defaultLimits.readingMemoryBytes),
  sampleCount: limit.default(defaultLimits.sampleCount),
  stackDepth: limit.default(defaultLimits.stackDepth),
  frameNameBytes: limit.default(defaultLimits.frameNameBytes),
  pods: limit.default(defaultLimits.pods),
  recordedMsPerHour: limit.default(defaultLimits.recordedMsPerHour),
});
export type Limits = z.infer<typeof limitsSchema>;

const retentionSchema = z.strictObject({
  /** Requests, snapshots and their files are removed when they are older. */
  days: z.number().int().positive().max(3_650).default(30),
  /** Of one app in one environment; the newest are kept. */
  snapshotsPerApp: z.number().int().positive().default(200),
  /** Who gave which command, and how it ended, is remembered so long. */
  auditDays: z.number().int().positive().max(3_650).default(365),
});

const idOf = (what: string, letters: string) =>
  text.regex(
    new RegExp(`^[${letters}][A-Z0-9]{2,63}$`),
    `the id of ${what} in Slack, as in ${letters[0]}012ABCDEF`,
  );

/** Who may do what: every condition that is given has to hold; of `users` and `groups` one is enough. */
const accessRuleSchema = z.strictObject({
  /** `shop-prod`; `*` stands for anything. */
  apps: z
    .array(
      text.regex(/^[a-z0-9*-]{1,200}$/, 'an app and its environment as in shop-prod, with * for anything'),
    )
    .min(1)
    .max(1_000)
    .default(['*']),
  /** Names of commands; all when absent. */
  commands: z.array(text).min(1).max(100).optional(),
  users: z.array(idOf('a person', 'UW')).max(1_000).optional(),
  groups: z.array(idOf('a user group', 'S')).max(100).optional(),
  channels: z.array(idOf('a channel', 'CG')).max(1_000).optional(),
});
export type AccessRule = z.infer<typeof accessRuleSchema>;

const accessSchema = z.strictObject({
  /** Whether commands are run in channels that other workspaces are in too. */
  sharedChannels: z.enum(['refuse', 'allow']).default('refuse'),
  /** Without any, everybody of the workspace may do everything. */
  rules: z.array(accessRuleSchema).max(1_000).default([]),
});

const explorerSchema = z.strictObject({
  /** Where people reach the explorer; links in messages begin with it. Without it there are none. */
  url: webAddress
    .refine(isPlainAddress, 'an address without user, password, "?" and "#"')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** How long a link in a message opens what it names. */
  linkDays: z.number().positive().max(365).default(7),
  /** Of recordings that were asked for last, kept in the memory of the bot. */
  cacheBytes: z
    .number()
    .int()
    .positive()
    .default(1024 ** 3),
});

/** The keys of avalanche.yaml. URLs of engines are looked at closer in read-config.ts. */
export const configFileSchema = z.strictObject({
  database: text.optional(),
  jobs: text.optional(),
  blobs: text.optional(),
  environments: z.array(environmentSchema).max(1_000).default([]),
  applications: z.array(applicationSchema).max(10_000).default([]),
  limits: limitsSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  explorer: explorerSchema.prefault({}),
  access: accessSchema.prefault({}),
});
export type ConfigFile = z.infer<typeof configFileSchema>;

/** What is read from the environment. The value of a secret is in no message. */
export const environmentVariables = {
  AVALANCHE_CONFIG: { isSecret: false },
  AVALANCHE_DATA: { isSecret: false },
  AVALANCHE_DATABASE_URL: { isSecret: true },
  AVALANCHE_QUEUE_URL: { isSecret: true },
  AVALANCHE_BLOB_URL: { isSecret: true },
  SLACK_BOT_TOKEN: { isSecret: true },
  SLACK_APP_TOKEN: { isSecret: true },
  SLACK_SIGNING_SECRET: { isSecret: true },
  SLACK_API_URL: { isSecret: false },
  PORT: { isSecret: false },
  AVALANCHE_HEALTH_PORT: { isSecret: false },
  AVALANCHE_HEALTH_HOST: { isSecret: false },
  AVALANCHE_EXPLORER_PORT: { isSecret: false },
  AVALANCHE_EXPLORER_HOST: { isSecret: false },
  AVALANCHE_EXPLORER_KEY: { isSecret: true },
  AVALANCHE_LOG_LEVEL: { isSecret: false },
  OTEL_EXPORTER_OTLP_ENDPOINT: { isSecret: false },
  AVALANCHE_DEBUG: { isSecret: false },
} as const;
export type EnvironmentVariable = keyof typeof environmentVariables;

export type SlackConfig = {
  /** Socket Mode when an app token is there, HTTP when only a signing secret is; null when Slack is not configured. */
  mode: 'socket' | 'http' | null;
  botToken: string | null;
  appToken: string | null;
  signingSecret: string | null;
  /** Ends with '/'. Another address than Slack's own is for the playground and tests. */
  apiUrl: string;
  port: number;
};

export type Config = {
  /** Where the configuration was read; null when there is no file. */
  file: string | null;
  /** `embedded:FOLDER`, `mysql://…`, `mariadb://…` or `postgres://…` (jobs: `embedded:FOLDER`, `redis://…`, `rediss://…` or `postgres://…`; blobs: `file:FOLDER` or `s3://…`). */
  databaseUrl: string;
  queueUrl: string;
  blobUrl: string;
  /** Work folders, mirrors and other things that may be thrown away. */
  workDirectory: string;
  slack: SlackConfig;
  /** Where `/livez`, `/readyz` and `/metrics` are served; nowhere without a port. */
  health: { host: string; port: number | null };
  environments: EnvironmentConfig[];
  applications: ApplicationConfig[];
  limits: Limits;
  retention: ConfigFile['retention'];
  access: ConfigFile['access'];
  explorer: ConfigFile['explorer'] & {
    host: string;
    /** Null where this process does not serve it. */
    port: number | null;
    /** What links are signed with, the first one; the others still open. Empty for the one in the database. */
    keys: string[];
  };
};

function hasLists(value: unknown): value is { logServers: unknown[]; clusters: unknown[] } {
  const { logServers, clusters } = (value ?? {}) as { logServers?: unknown; clusters?: unknown };
  return Array.isArray(logServers) && Array.isArray(clusters);
}

/** `$app` or `${app}` stands for itself in it, as `$pod` does; a second dollar sign before makes it plain text. */
function isPathTemplate(template: string): boolean {
  const has = (variable: string) =>
    new RegExp(`(?<!\\$)\\$(${variable}(?![a-zA-Z])|\\{${variable}\\})`).test(template);
  return has('app') && has('pod') && !template.startsWith('/') && !template.split('/').includes('..');
}

function isS3Address(url: string): boolean {
  try {
    readS3Url(url);
    return true;
  } catch {
    return false;
  }
}

function isPlainAddress(address: string): boolean {
  const url = URL.parse(address);
  return (
    url !== null && `${url.username}${url.password}${url.search}${url.hash}` === '' && !/[?#]/.test(address)
  );
}
