import type { PoolOptions } from 'mysql2/promise';
import { AvalancheError } from '../errors.ts';

const shape = 'mysql://USER:PASSWORD@HOST:PORT/DATABASE, with ?ssl-mode=verify for an encrypted connection';

/**
 * What the driver needs from `mysql://…` or `mariadb://…`. Read here and not by the driver, which takes every
 * option of its own from a URL, several of them unsafe. Nothing of the URL but host and port is ever in a message.
 *
 * @throws AvalancheError CONFIG_INVALID
 */
export function readMysqlUrl(url: string) {
  const parsed = URL.parse(url);
  if (parsed === null) throw invalid('it is no URL');
  const database = decode(parsed.pathname.slice(1));
  if (parsed.hostname === '') throw invalid('it names no host');
  if (database === '') throw invalid('it names no database');
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port || 3306),
    user: decode(parsed.username),
    password: decode(parsed.password),
    database,
    charset: 'utf8mb4',
    ssl: readEncryption(parsed.searchParams),
    connectionLimit: 10,
    connectTimeout: 10_000,
    supportBigNumbers: true,
  } satisfies PoolOptions;
}

function readEncryption(parameters: URLSearchParams): PoolOptions['ssl'] {
  const unknown = [...parameters.keys()].find((name) => name !== 'ssl-mode');
  if (unknown !== undefined) throw invalid(`the parameter "${unknown}" is unknown`);
  const mode = parameters.get('ssl-mode') ?? 'disabled';
  if (mode === 'disabled') return undefined;
  if (mode === 'verify') return { rejectUnauthorized: true, verifyIdentity: true };
  throw invalid(`ssl-mode is "${mode}" and may be "disabled" or "verify"`);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a % in it is not followed by two hexadecimal digits');
  }
}

function invalid(reason: string): AvalancheError {
  return new AvalancheError('CONFIG_INVALID', `Cannot use the database URL: ${reason} (wanted ${shape})`);
}
