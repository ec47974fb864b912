import { afterAll, beforeAll, describe } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import { mysqlContract } from '../storage/mysql.contract.ts';
import { storeContract } from '../storage/store.contract.ts';
import { startMysql, type TestServer } from '../support/servers.ts';
import { bringMysql } from './mysql-program.ts';

/** MySQL itself, the newest that Debian has; the other suites run on MariaDB. */
const mysqld = await bringMysql().catch((error: Error) => {
  // What Debian's unstable holds changes from day to day, and is no fault of ours.
  console.warn(`MySQL could not be brought: ${error.message.slice(0, 500)}`);
  return undefined;
});
if (mysqld === undefined) console.warn('MySQL is not here: its suite is skipped');

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
