import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCodeHost } from '../../deploy/demo/code-host.ts';
import { buildShopHistory } from '../../deploy/demo/shop-history.ts';

describe('the code host of the demo', () => {
  let folder: string;
  let server: Server;
  let url: string;
  let revision: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-code-host-'));
    ({ deployedRevision: revision } = await buildShopHistory(join(folder, 'shop'), Date.now()));
    server = createServer(createCodeHost(join(folder, 'shop')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('shows a file at a revision, each line with its anchor, its text inert', async () => {
    const page = await (await fetch(`${url}/code/${revision}/discounts.ts`)).text();
    expect(page).toContain('<li id="L1">');
    expect(page).toContain('applyPriceRules');
    expect(page).not.toMatch(/Map<string/);
  });

  test.each([
    '/code/HEAD/discounts.ts',
    `/code/${'0'.repeat(40)}/discounts.ts`,
    '/code/REVISION/no-such-file.ts',
    '/code/REVISION/../../../etc/passwd',
    '/code/REVISION/%2e%2e/x',
    '/code/REVISION/',
    '/code/REVISION/%zz',
  ])('%s is not found', async (path) => {
    const response = await fetch(`${url}${path.replace('REVISION', revision)}`);
    expect(response.status).toBe(404);
  });
});
