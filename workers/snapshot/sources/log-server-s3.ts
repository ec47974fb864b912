import { createS3Client } from '../../../storage/blobs/s3-client.ts';
import { readS3Url } from '../../../storage/blobs/s3-url.ts';
import type { S3LogServerConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import { cannotFetch } from './cannot-fetch.ts';
import { downloadObject } from './log-server-s3-download.ts';
import { S3Listing } from './log-server-s3-listing.ts';
import type { S3Place } from './log-server-s3-place.ts';
import { searchPods } from './search-pods.ts';
import type { RecordingSource } from './source.ts';
import { matchPath, parseTemplate } from './template.ts';

const searchMs = 2 * 60_000;

/**
 * A bucket of S3-compatible storage whose keys below a prefix follow a template, `/` between their parts.
 *
 * @param environment value of `$env`
 * @throws AvalancheError CONFIG_INVALID when the template is none
 */
export function openLogServerS3(
  config: S3LogServerConfig,
  environment: string,
  { now = Date.now, variables = process.env }: { now?: () => number; variables?: NodeJS.ProcessEnv } = {},
): RecordingSource {
  const template = parseTemplate(config.template);
  const { bucket, prefix, endpoint } = readS3Url(config.url);
  const shown = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
  const place = `log server ${shown}${endpoint === null ? '' : ` at ${endpoint}`}`;
  return {
    kind: 'log-server-s3',
    describe: () => `${place}, template ${config.template}`,
    async findPods(app, wanted) {
      const limit = AbortSignal.timeout(searchMs);
      const signal = wanted === undefined ? limit : AbortSignal.any([wanted, limit]);
      return await withPlace(config, variables, async (opened) => {
        const listing = new S3Listing(opened, config.concurrency, signal);
        const { maximumAgeMs } = config;
        const known = { app, env: environment };
        const found = await searchPods(listing, template, known, { nowMs: now(), maximumAgeMs });
        if (found.pods.length === 0 && listing.away !== null)
          throw unreadable(place, listing.away, found.searched);
        return found;
      }).catch((error: unknown) => {
        wanted?.throwIfAborted();
        throw limit.aborted ? unreadable(place, `no end after ${searchMs / 1_000} seconds`, []) : error;
      });
    },
    async fetch(locator, destination, limits, signal) {
      const { path = '' } = locator;
      if (matchPath(template, path) === undefined)
        throw cannotFetch('ARCHIVE_MISSING', path, 'not a path of this log server');
      const { timeoutMs } = config;
      return await withPlace(config, variables, (opened) =>
        downloadObject({ place: opened, path, destination, limits, timeoutMs }, signal),
      );
    },
  };
}

async function withPlace<Answer>(
  config: S3LogServerConfig,
  variables: NodeJS.ProcessEnv,
  use: (place: S3Place) => Promise<Answer>,
): Promise<Answer> {
  const location = readS3Url(config.url);
  const { bucket, prefix } = location;
  const credentials = readCredentials(config, variables);
  const client = createS3Client(location, {
    timeoutMs: config.timeoutMs,
    ...(credentials && { credentials }),
  });
  const show = (path: string) => showOutsideName(`s3://${bucket}/${prefix}${path}`.replace(/\/$/, ''));
  try {
    return await use({ client, bucket, prefix, show });
  } finally {
    client.destroy();
  }
}

/** @throws AvalancheError CONFIG_INVALID when a variable is not set, named without its value */
function readCredentials({ url, credentials }: S3LogServerConfig, variables: NodeJS.ProcessEnv) {
  if (credentials === undefined) return undefined;
  const read = (name: string) => {
    const value = variables[name] ?? '';
    if (value !== '') return value;
    throw new AvalancheError(
      'CONFIG_INVALID',
      `Cannot use the log server "${url}": the environment variable ${name} is not set`,
    );
  };
  return {
    accessKeyId: read(credentials.accessKeyVariable),
    secretAccessKey: read(credentials.secretKeyVariable),
  };
}

function unreadable(place: string, state: string, searched: string[]): AvalancheError {
  return new AvalancheError('LOG_SERVER_UNREADABLE', `Cannot read ${place}: ${state}`, { searched });
}
