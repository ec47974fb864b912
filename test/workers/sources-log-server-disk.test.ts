import { chmod, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { limitsSchema } from '../../storage/config.ts';
import { openSources } from '../../workers/snapshot/sources/open-sources.ts';
import {
  type LogServerUnderTest,
  logServerContract,
  openSource,
  readTrail,
  useLogFiles,
} from './log-server.contract.ts';

const files = useLogFiles();
const disk = (): LogServerUnderTest => ({
  configure: (template, maximumAgeMs) => ({ kind: 'disk', root: files.root, template, maximumAgeMs }),
  shown: files.root,
});
logServerContract('a disk', files, async () => disk());

const searched = (app: string) => readTrail(disk(), app);

describe('links on a disk', () => {
  test('are followed as long as they stay below the root', async () => {
    await files.put('volume-7/shop-a/perf-record.tar.gz');
    await symlink('volume-7', join(files.root, 'shop'));
    expect((await openSource(disk()).findPods('shop')).pods.map(({ pod }) => pod)).toEqual(['shop-a']);
  });

  test('are not followed out of the log server', async () => {
    await mkdir(join(files.base, 'elsewhere/shop-a'), { recursive: true });
    await writeFile(join(files.base, 'elsewhere/shop-a/perf-record.tar.gz'), 'secret');
    await symlink('../elsewhere', join(files.root, 'shop'));
    expect(await searched('shop')).toBe('shop: a link that leaves the log server, not followed');
  });

  test('to nothing and in a circle are said', async () => {
    await symlink('nowhere', join(files.root, 'shop'));
    expect(await searched('shop')).toBe('shop: gone, or a link to nothing');
    await symlink('circle', join(files.root, 'circle'));
    expect(await searched('circle')).toContain('ELOOP');
  });

  test('lead no fetch out, whatever was found before', async () => {
    await writeFile(join(files.base, 'secret'), 'secret');
    await mkdir(join(files.root, 'shop/shop-a'), { recursive: true });
    const path = 'shop/shop-a/perf-record.tar.gz';
    await symlink('../../../secret', join(files.root, path));
    const destination = join(files.base, 'fetched');
    await expect(
      openSource(disk()).fetch({ path }, destination, limitsSchema.parse({})),
    ).rejects.toMatchObject({
      code: 'ARCHIVE_MISSING',
      message: expect.stringContaining('leaves the log server'),
    });
    await expect(stat(destination)).rejects.toThrow('ENOENT');
  });
});

describe('a disk that cannot be read', () => {
  test.skipIf(process.getuid?.() === 0)('in one folder is said', async () => {
    await mkdir(join(files.root, 'shop'));
    await chmod(join(files.root, 'shop'), 0);
    expect(await searched('shop')).toContain('may not be read (EACCES)');
  });

  test('at all is an error of its own', async () => {
    await rm(files.root, { recursive: true });
    await expect(openSource(disk()).findPods('shop')).rejects.toMatchObject({
      code: 'LOG_SERVER_UNREADABLE',
      message: `Cannot read log server "${files.root}": no such folder`,
    });
  });
});

describe('the sources of an environment', () => {
  test('are told apart by their kind', () => {
    const logServer = disk().configure('$app/$pod', 60_000);
    const sources = openSources({ name: 'demo', logServers: [logServer, logServer], clusters: [] });
    expect(sources.map(({ kind }) => kind)).toEqual(['log-server-disk', 'log-server-disk-2']);
  });

  test('have templates; one that is none is named when they are opened', () => {
    expect(() => openSource(disk(), '$app')).toThrow(
      'Cannot use the path template "$app": "$pod" is missing',
    );
  });
});
