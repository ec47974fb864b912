import { afterAll, beforeAll, describe } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import { mysqlContract } from '../storage/mysql.contract.ts';
import { storeContract } from '../storage/store.contract.ts';
import { startMysql, type TestServer } from '../support/servers.ts';
import { bringMysql } from './mysql-program.ts';

/** MySQL itself, the newest that Debian has; the other suites run on MariaDB. */
const mysqld = await bringMysql();
if (mysqld === undefined) console.warn('MySQL is not here and there is no apt to bring it: skipped');

describe.skipIf(mysqld === undefined)('MySQL', () => {
  const start = () => startMysql(mysqld!);

  describe('every store', () => {
    let server: TestServer;

    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.stop());

    storeContract('MySQL', () => openStore(server.url));
  });

  describe('a store on it', () => mysqlContract('MySQL', start));
});
