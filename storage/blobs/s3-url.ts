import { AvalancheError } from '../errors.ts';
import { isKey } from './blob-key.ts';

/** Where blobs are kept on S3-compatible storage. Credentials are in the environment, never here. */
export type S3Location = {
  bucket: string;
  /** Before every key: '' or ends with `/`. */
  prefix: string;
  /** Null: AWS, or what the environment says. */
  endpoint: string | null;
  /** Null: what the environment says. */
  region: string | null;
  /** The bucket in the path of an address (`host/bucket/key`), not in its host (`bucket.host/key`). */
  hasPathStyle: boolean;
};

const shape =
  's3://BUCKET/PREFIX, as needed with ?endpoint=https://HOST:PORT&region=REGION&path-style=true, the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a role of the machine';
const parameters = ['endpoint', 'region', 'path-style'];

/**
 * What `s3://…` says. A server of one's own is asked by path unless `path-style=false`: few have a name for each
 * bucket. Of the URL only bucket, host and the names of parameters are ever in a message.
 *
 * @throws AvalancheError CONFIG_INVALID
 */
export function readS3Url(url: string): S3Location {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== 's3:') throw invalid('it is no URL');
  if (parsed.username !== '' || parsed.password !== '') throw invalid('it holds a login');
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(parsed.hostname)) throw invalid('it names no bucket');
  if (parsed.port !== '') throw invalid('it has a port: a server is named by endpoint');
  if (parsed.hash !== '') throw invalid('it has a # in it');
  const given = parsed.searchParams;
  const unknown = [...given.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined)
    throw invalid(`a parameter of it is none of ${parameters.join(', ')}: ${describeName(unknown)}`);
  const endpoint = given.get('endpoint');
  return {
    bucket: parsed.hostname,
    prefix: readPrefix(parsed.pathname),
    endpoint: endpoint === null ? null : readEndpoint(endpoint),
    region: readRegion(given.get('region')),
    hasPathStyle: readSwitch(given.get('path-style'), endpoint !== null),
  };
}

function readPrefix(path: string): string {
  const prefix = path.replace(/^\/|\/$/g, '');
  if (prefix === '') return '';
  if (!isKey(prefix)) throw invalid('its prefix is not made of A-Z a-z 0-9 . _ - joined by /');
  return `${prefix}/`;
}

function readEndpoint(text: string): string {
  const endpoint = URL.parse(text);
  const isPlain =
    endpoint !== null &&
    /^https?:$/.test(endpoint.protocol) &&
    `${endpoint.username}${endpoint.password}${endpoint.search}${endpoint.hash}` === '';
  if (!isPlain) throw invalid('its endpoint is no plain https:// or http:// address');
  return endpoint.href;
}

function readRegion(region: string | null): string | null {
  if (region === null || /^[a-z0-9-]{1,40}$/i.test(region)) return region;
  throw invalid('its region is not made of letters, digits and dashes');
}

function readSwitch(text: string | null, otherwise: boolean): boolean {
  if (text === null) return otherwise;
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalid('its path-style is neither "true" nor "false"');
}

/** A parameter's name may be a secret that lacks its own. */
function describeName(name: string): string {
  return /^[a-z_-]{1,20}$/i.test(name) ? `"${name}"` : 'a name that is not shown';
}

function invalid(reason: string): AvalancheError {
  return new AvalancheError('CONFIG_INVALID', `Cannot use the blob URL: ${reason} (wanted ${shape})`);
}
