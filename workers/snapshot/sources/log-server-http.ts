import type { HttpLogServerConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { cannotFetch } from './cannot-fetch.ts';
import { HttpClient } from './log-server-http-client.ts';
import { downloadRecording } from './log-server-http-download.ts';
import { HttpListing } from './log-server-http-listing.ts';
import { Pace } from './pace.ts';
import { searchPods } from './search-pods.ts';
import type { RecordingSource } from './source.ts';
import { matchPath, parseTemplate } from './template.ts';

const searchMs = 2 * 60_000;

/** One rate for all downloads from a log server, in this process. */
const paces = new Map<string, Pace>();

/**
 * A web server with index pages (nginx's autoindex in HTML or JSON, Apache's mod_autoindex) whose paths below a URL
 * follow a template.
 *
 * @param environment value of `$env`
 * @throws AvalancheError CONFIG_INVALID when the template is none
 */
export function openLogServerHttp(
  config: HttpLogServerConfig,
  environment: string,
  { now = Date.now, variables = process.env }: { now?: () => number; variables?: NodeJS.ProcessEnv } = {},
): RecordingSource {
  const template = parseTemplate(config.template);
  return {
    kind: 'log-server-http',
    describe: () => `log server ${config.url}, template ${config.template}`,
    async findPods(app, wanted) {
      const client = new HttpClient(config, variables);
      const limit = AbortSignal.timeout(searchMs);
      const signal = wanted === undefined ? limit : AbortSignal.any([wanted, limit]);
      const listing = new HttpListing(client, config.concurrency, now, signal);
      const { maximumAgeMs } = config;
      const known = { app, env: environment };
      const found = await searchPods(listing, template, known, { nowMs: now(), maximumAgeMs });
      wanted?.throwIfAborted();
      const { pods, searched } = found;
      if (pods.length === 0 && listing.away !== null) throw unreadable(config.url, listing.away, searched);
      return { ...found, searched: [...listing.remarks, ...searched] };
    },
    async fetch(locator, destination, limits, signal) {
      const { path = '' } = locator;
      if (matchPath(template, path) === undefined)
        throw cannotFetch('ARCHIVE_MISSING', path, 'not a path of this log server');
      const { timeoutMs } = config;
      const client = new HttpClient(config, variables);
      const download = { client, path, destination, limits, timeoutMs, pace: paceFor(config) };
      return await downloadRecording(download, signal);
    },
  };
}

function unreadable(url: string, state: string, searched: string[]): AvalancheError {
  return new AvalancheError('LOG_SERVER_UNREADABLE', `Cannot read log server "${url}": ${state}`, {
    searched,
  });
}

function paceFor({ url, bytesPerSecond }: HttpLogServerConfig): Pace | null {
  if (bytesPerSecond === undefined) return null;
  const key = `${url} ${bytesPerSecond}`;
  const pace = paces.get(key) ?? new Pace(bytesPerSecond);
  paces.set(key, pace);
  return pace;
}
