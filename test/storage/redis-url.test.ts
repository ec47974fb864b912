import { describe, expect, test } from 'vitest';
import { readRedisUrl } from '../../storage/redis-url.ts';
import { holdsSecret, redactSecrets } from '../../storage/secrets.ts';

const plain = {
  kind: 'server',
  master: '',
  database: 0,
  user: undefined,
  password: undefined,
  sentinelUser: undefined,
  sentinelPassword: undefined,
  isEncrypted: false,
};

describe('a Redis URL', () => {
  test.for([
    ['redis://queue', { ...plain, nodes: [{ host: 'queue', port: 6379 }] }],
    ['REDIS://queue/', { ...plain, nodes: [{ host: 'queue', port: 6379 }] }],
    [
      'rediss://bot:p%40%2C%2F@[::1]:6380/4',
      {
        ...plain,
        nodes: [{ host: '::1', port: 6380 }],
        database: 4,
        user: 'bot',
        password: 'p@,/',
        isEncrypted: true,
      },
    ],
    [
      'redis+sentinel://a,b:26380,[fe80::1]:1/jobs.main',
      {
        ...plain,
        kind: 'sentinel',
        nodes: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 26380 },
          { host: 'fe80::1', port: 1 },
        ],
        master: 'jobs.main',
      },
    ],
    [
      'rediss+sentinel://:pass@a/jobs/3?sentinel-user=watch&sentinel-password=%26x',
      {
        ...plain,
        kind: 'sentinel',
        nodes: [{ host: 'a', port: 26379 }],
        master: 'jobs',
        database: 3,
        password: 'pass',
        sentinelUser: 'watch',
        sentinelPassword: '&x',
        isEncrypted: true,
      },
    ],
    [
      'redis+cluster://bot@a:7000,b',
      {
        ...plain,
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 6379 },
        ],
        user: 'bot',
      },
    ],
  ] as const)('%s', ([url, address]) => {
    expect(readRedisUrl(url)).toEqual(address);
  });

  test('of several hosts is seen to hold a password, and shown without it', () => {
    const url = 'redis+sentinel://:planted@a:1,b:2/jobs?sentinel-password=planted';
    expect(holdsSecret(url)).toBe(true);
    expect(holdsSecret('redis+sentinel://a:1/jobs?sentinel-password=planted')).toBe(true);
    expect(holdsSecret('redis+sentinel://bot@a:1,b:2/jobs')).toBe(false);
    expect(redactSecrets(url)).toBe('redis+sentinel://***@a:1,b:2/jobs?sentinel-password=***');
  });
});
