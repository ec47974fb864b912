import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openQueue } from '../../storage/open-queue.ts';
import { have } from '../support/prerequisites.ts';
import { type LastingServer, startSecureRedis } from '../support/servers.ts';
import { queueContract } from './queue.contract.ts';

const known = getCACertificates('default');

/** As NODE_EXTRA_CA_CERTS does for a process that starts. */
async function trust({ folder }: LastingServer): Promise<void> {
  setDefaultCACertificates([...known, await readFile(join(folder, 'server.crt'), 'utf8')]);
}

describe.skipIf(!have('redis-server') || !have('openssl'))('with an encrypted redis-server', () => {
  queueContract('Redis, encrypted and with a user', async () => {
    const server = await startSecureRedis();
    await trust(server);
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
      await trust(server);
      const error = await refusal((url) => {
        url.hostname = 'localhost';
      });
      expect(error).toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: expect.stringMatching(/does not match certificate|altnames/),
      });
    });

    test('says that user or password are wrong, and repeats neither', async () => {
      await trust(server);
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
});
