import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { AvalancheError } from './errors.ts';

const shape =
  'postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?sslmode=verify-full for an encrypted connection';

/** What libpq means by each. `prefer` and `allow` are none of them: they fall back to plain text in silence. */
const encryptions: Record<string, false | ConnectionOptions> = {
  disable: false,
  require: { rejectUnauthorized: false },
  'verify-ca': { rejectUnauthorized: true, checkServerIdentity: () => undefined },
  'verify-full': { rejectUnauthorized: true },
};

/**
 * What the driver needs from `postgres://…` or `postgresql://…`. Read here and not by the driver, which takes every
 * option of its own from a URL, and user and database from the environment. A password that is missing it does take
 * from there (PGPASSWORD). Nothing of the URL is ever in a message.
 *
 * @throws AvalancheError CONFIG_INVALID
 */
export function readPostgresUrl(url: string) {
  const parsed = URL.parse(url);
  if (parsed === null) throw invalid('it is no URL');
  if (parsed.hash !== '') throw invalid('it has a # in it, which a password needs as %23');
  const [user, database] = [decode(parsed.username), decode(parsed.pathname.slice(1))];
  if (parsed.hostname === '') throw invalid('it names no host');
  if (user === '') throw invalid('it names no user');
  if (database === '') throw invalid('it names no database');
  return {
    host: decode(parsed.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port || 5432),
    user,
    password: decode(parsed.password),
    database,
    ssl: readEncryption(parsed.searchParams),
  } satisfies ClientConfig;
}

function readEncryption(parameters: URLSearchParams): false | ConnectionOptions {
  const unknown = [...parameters.keys()].find((name) => name !== 'sslmode');
  if (unknown !== undefined) throw invalid(`the parameter "${unknown}" is unknown`);
  const mode = parameters.get('sslmode') ?? 'disable';
  if (Object.hasOwn(encryptions, mode)) return encryptions[mode]!;
  const allowed = Object.keys(encryptions).map((name) => `"${name}"`);
  throw invalid(`sslmode is "${mode}" and may be ${allowed.join(', ')}`);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a % in it is not followed by two hexadecimal digits');
  }
}

function invalid(reason: string): AvalancheError {
  return new AvalancheError('CONFIG_INVALID', `Cannot use the Postgres URL: ${reason} (wanted ${shape})`);
}
