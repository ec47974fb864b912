import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAvalanche, startAvalanche } from '../support/avalanche.ts';
import { have } from '../support/prerequisites.ts';
import { type LastingServer, startNginx } from '../support/servers.ts';
import { packTar } from '../support/tar.ts';

describe.skipIf(!have('nginx'))('a snapshot whose log server is nginx', { timeout: 40_000 }, () => {
  let avalanche: RunningAvalanche;
  let nginx: LastingServer;

  beforeAll(async () => {
    avalanche = await startAvalanche({
      applications: ['checkout', 'quiet', 'late'].map((name) => ({ name })),
      async serveLogs(logs) {
        nginx = await startNginx(logs);
        return { kind: 'http', url: `${nginx.url}/html/` };
      },
    });
    const text = await readFile(new URL('../data/own/java-checkout.perf.txt.gz', import.meta.url));
    const archive = gzipSync(await packTar([{ name: 'tmp/perf.txt.gz', content: text }]));
    await avalanche.publish('checkout', 'checkout-a', archive);
    await avalanche.publish('checkout', 'checkout-b', archive.subarray(0, 20_000));
  });
  afterAll(async () => {
    await avalanche?.stop();
    await nginx?.stop();
  });

  test('is answered with verdict, picture and the pod that failed', async () => {
    const answer = await avalanche.ask('/avalanche snapshot checkout-prod');
    expect(answer.summary).toContain('1,557 samples');
    expect(answer.summary).toMatch(/checkout-b\b/);
    const [picture] = answer.thread.flatMap((message) => message.fileIds);
    expect(avalanche.playground.file(picture ?? '')?.mimetype).toBe('image/png');
  });

  test('says where it looked when nothing is there', async () => {
    const { summary } = await avalanche.ask('/avalanche snapshot quiet-prod');
    expect(summary).toContain(`${nginx.url}/html/prod: 1 app (checkout), none called quiet`);
    expect(summary).toContain('path template of the log server');
  });

  test('says so when the log server is away', async () => {
    await nginx.end();
    const { summary } = await avalanche.ask('/avalanche snapshot late-prod');
    expect(summary).toContain(`Cannot read log server "${nginx.url}/html/": connection refused`);
    expect(summary).toContain('Check that the log server is up');
  });
});
