import { AvalancheError } from './errors.ts';

export type RedisAddress = {
  /** One server, a master that sentinels know, or a cluster. */
  kind: 'server' | 'sentinel' | 'cluster';
  /** The server, or those of the sentinels or of the cluster that are asked first. */
  nodes: { host: string; port: number }[];
  /** What the sentinels call it; '' without sentinels. */
  master: string;
  database: number;
  user: string | undefined;
  password: string | undefined;
  sentinelUser: string | undefined;
  sentinelPassword: string | undefined;
  isEncrypted: boolean;
};

const shapes = {
  server: 'redis://USER:PASSWORD@HOST:PORT/NUMBER',
  sentinel: 'redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/NUMBER',
  cluster: 'redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT',
};
/** Read here, because a URL with several hosts is none to URL. */
const parts =
  /^redis(?<s>s?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^/?#@]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i;
const sentinelParameters = ['sentinel-user', 'sentinel-password'];
const mostNodes = 50;

/** Whether a URL means Redis, in one of its shapes, well-formed or not. */
export function isRedisUrl(url: string): boolean {
  return /^rediss?(\+sentinel|\+cluster)?:/i.test(url);
}

/**
 * What `redis://…`, `redis+sentinel://…`, `redis+cluster://…` and their encrypted twins (`rediss…`) mean. Nothing of
 * the URL is ever in a message.
 *
 * @throws AvalancheError CONFIG_INVALID
 */
export function readRedisUrl(url: string): RedisAddress {
  const found = parts.exec(url)?.groups;
  if (found === undefined) throw invalid('server', 'it is no such URL, or has a # or @ that is not encoded');
  const kind = (found.kind?.toLowerCase() ?? 'server') as RedisAddress['kind'];
  const hosts = found.hosts === '' || found.hosts === undefined ? [] : found.hosts.split(',');
  if (hosts.length === 0) throw invalid(kind, 'it names no host');
  if (kind === 'server' && hosts.length > 1) {
    throw invalid(kind, `it names several hosts, as ${shapes.sentinel} or ${shapes.cluster} do`);
  }
  if (hosts.length > mostNodes) throw invalid(kind, `it names more than ${mostNodes} hosts`);
  const nodes = hosts.map((host) => readNode(host, kind));
  const [user, password] = readLogin(found.login ?? '', kind);
  return {
    kind,
    nodes,
    ...readPath(found.path ?? '', kind),
    user,
    password,
    ...readParameters(found.query ?? '', kind),
    isEncrypted: found.s !== '',
  };
}

function readNode(text: string, kind: RedisAddress['kind']): { host: string; port: number } {
  const parsed = URL.parse(`redis://${text}`);
  if (parsed === null || parsed.hostname === '') {
    throw invalid(kind, 'one of its hosts is empty, or is no host with a port up to 65535');
  }
  const usualPort = kind === 'sentinel' ? 26379 : 6379;
  return { host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(parsed.port || usualPort) };
}

function readLogin(login: string, kind: RedisAddress['kind']): (string | undefined)[] {
  const colon = login.indexOf(':');
  const [user, password] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  return [user, password].map((part) => (part === '' ? undefined : decode(part, kind)));
}

function readPath(path: string, kind: RedisAddress['kind']): Pick<RedisAddress, 'master' | 'database'> {
  const names = path.split('/').slice(1);
  if (names.at(-1) === '') names.pop();
  const master = kind === 'sentinel' ? decode(names.shift() ?? '', kind) : '';
  if (kind === 'sentinel' && !/^[\w.-]+$/.test(master)) {
    throw invalid(kind, 'it does not name the master (letters, digits, ".", "_" and "-")');
  }
  const [database = '0', ...more] = names;
  if (more.length > 0 || !/^\d{1,5}$/.test(database)) throw invalid(kind, 'its database is no number');
  if (kind === 'cluster' && Number(database) !== 0) {
    throw invalid(kind, 'a cluster has no databases but number 0');
  }
  return { master, database: Number(database) };
}

function readParameters(
  query: string,
  kind: RedisAddress['kind'],
): Pick<RedisAddress, 'sentinelUser' | 'sentinelPassword'> {
  const parameters = new URLSearchParams(query);
  const known = kind === 'sentinel' ? sentinelParameters : [];
  if ([...parameters.keys()].some((name) => !known.includes(name))) {
    throw invalid(
      kind,
      kind === 'sentinel'
        ? `behind its ? is something other than ${sentinelParameters.join(' and ')}`
        : 'it has a ?, which a password needs as %3F',
    );
  }
  return {
    sentinelUser: parameters.get('sentinel-user') || undefined,
    sentinelPassword: parameters.get('sentinel-password') || undefined,
  };
}

function decode(part: string, kind: RedisAddress['kind']): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(kind, 'a % in it is not followed by two hexadecimal digits');
  }
}

function invalid(kind: RedisAddress['kind'], reason: string): AvalancheError {
  return new AvalancheError(
    'CONFIG_INVALID',
    `Cannot use the Redis URL: ${reason} (wanted ${shapes[kind]}, of which what is not needed may be left out, with rediss for an encrypted connection)`,
  );
}
