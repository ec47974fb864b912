import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openQueue } from '../../storage/open-queue.ts';
import { have } from '../support/prerequisites.ts';
import { startCluster, startSentinels } from '../support/redis-groups.ts';
import { type LastingServer, startSecureRedis } from '../support/servers.ts';
import { queueContract } from './queue.contract.ts';

const known = getCACertificates('default');

/** As NODE_EXTRA_CA_CERTS does for a process that starts. */
async function trust(certificate: string): Promise<void> {
  setDefaultCACertificates([...known, await readFile(certificate, 'utf8')]);
}

const certificateOf = ({ folder }: LastingServer) => join(folder, 'server.crt');

describe.skipIf(!have('redis-server') || !have('openssl'))('with an encrypted redis-server', () => {
  queueContract('Redis, encrypted and with a user', async () => {
    const server = await startSecureRedis();
    await trust(certificateOf(server));
    return {
      open: (options) => openQueue(server.url, undefined, options),
      async restart() {
        await server.end();
        await server.start();
      },
      close: () => server.stop(),
    };
  });

  describe('an encrypted Redis', () => {
    let server: LastingServer;

    beforeAll(async () => {
      server = await startSecureRedis();
    });
    afterEach(() => setDefaultCACertificates(known));
    afterAll(() => server?.stop());

    const refusal = (change: (url: URL) => void) => {
      const url = new URL(server.url);
      change(url);
      return openQueue(url.href).then(String, (error) => error);
    };

    test('is refused when nobody vouches for its certificate', async () => {
      expect(await refusal(() => {})).toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/Redis at 127\.0\.0\.1:\d+: self-signed certificate/),
      });
    });

    test('is refused when the certificate is for another host', async () => {
      await trust(certificateOf(server));
      const error = await refusal((url) => {
        url.hostname = 'localhost';
      });
      expect(error).toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/does not match certificate|altnames/),
      });
    });

    test('says that user or password are wrong, and repeats neither', async () => {
      await trust(certificateOf(server));
      const error = await refusal((url) => {
        url.password = 'hunter2';
      });
      expect(error).toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/WRONGPASS/),
      });
      expect(error.message).not.toMatch(/hunter2/);
    });
  });

  describe('several encrypted processes', () => {
    afterEach(() => setDefaultCACertificates(known));

    test.for([
      ['a Redis that sentinels watch', startSentinels],
      ['a Redis cluster', startCluster],
    ] as const)(
      '%s is worked on, and refused when nobody vouches for it',
      { timeout: 120_000 },
      async ([, start]) => {
        const group = await start({ isEncrypted: true });
        try {
          expect(group.url).toMatch(/^rediss\+/);
          await expect(openQueue(group.url)).rejects.toMatchObject({
            code: 'ENGINE_UNREACHABLE',
            message: expect.stringMatching(/self-signed certificate/),
          });
          await trust(group.certificate);
          const queue = await openQueue(group.url);
          const handled: string[] = [];
          await queue.work('secret', { concurrency: 2 }, async ({ id }) => void handled.push(id));
          for (const id of ['one', 'two', 'three']) await queue.add({ name: 'secret', id, payload: null });
          await expect.poll(() => handled.toSorted(), { timeout: 20_000 }).toEqual(['one', 'three', 'two']);
          await queue.close();
        } finally {
          await group.stop();
        }
      },
    );

    test('go on with another master under the same certificate', async () => {
      const group = await startSentinels({ isEncrypted: true });
      await trust(group.certificate);
      const queue = await openQueue(group.url);
      try {
        const before = await group.masterPort();
        await group.killMaster();
        await expect.poll(() => group.masterPort(), { timeout: 60_000 }).not.toBe(before);
        const add = async () => {
          for (let tried = 1; ; tried++) {
            try {
              return await queue.add({ name: 'after', id: 'one', payload: null });
            } catch (error) {
              if (tried === 20) throw error;
              await sleep(1_000);
            }
          }
        };
        await add();
        expect(await queue.has('after', 'one')).toBe(true);
      } finally {
        await queue.close();
        await group.stop();
      }
    }, 180_000);
  });
});
