import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import { type Embedded, openEmbedded } from '../../storage/embedded.ts';
import { have } from '../support/prerequisites.ts';
import { startMariadb, startPostgres, type TestServer } from '../support/servers.ts';
import { storeContract } from './store.contract.ts';

describe('embedded', () => {
  let folder: string;
  let embedded: Embedded;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'avalanche-test-store-'));
    embedded = await openEmbedded(folder);
  });
  afterAll(async () => {
    await embedded?.close();
    await rm(folder, { recursive: true, force: true });
  });

  storeContract('the embedded engine', () => openStore(`embedded:${folder}`, embedded));
});

describe.skipIf(!have('mariadbd'))('MariaDB', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.stop());

  storeContract('MariaDB', () => openStore(server.url));
});

describe.skipIf(!have('postgres'))('Postgres', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  storeContract('Postgres', () => openStore(server.url));
});
