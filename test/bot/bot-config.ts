import { join } from 'node:path';
import type { Playground } from '../../bot/playground/start-playground.ts';
import { type Config, limitsSchema } from '../../storage/config.ts';

/** Of a bot that talks to a playground, on embedded engines in the folder; without one, engines only. */
export function botConfig(
  folder: string,
  playground?: Pick<Playground, 'apiUrl' | 'botToken' | 'appToken'>,
): Config {
  return {
    file: null,
    databaseUrl: `embedded:${folder}`,
    queueUrl: `embedded:${folder}`,
    blobUrl: `file:${join(folder, 'blobs')}`,
    workDirectory: join(folder, 'work'),
    health: { host: '127.0.0.1', port: null },
    access: { sharedChannels: 'refuse' as const, rules: [] },
    explorer: { linkDays: 7, cacheBytes: 1, host: '127.0.0.1', port: null, keys: [] },
    retention: { days: 30, snapshotsPerApp: 200, auditDays: 365 },
    slack: {
      mode: 'socket' as const,
      botToken: playground?.botToken ?? '',
      appToken: playground?.appToken ?? '',
      signingSecret: null,
      apiUrl: playground?.apiUrl ?? '',
      port: 0,
    },
    environments: [{ name: 'prod', logServers: [], clusters: [] }],
    applications: [{ name: 'shop', own: [] }],
    limits: limitsSchema.parse({}),
  };
}
