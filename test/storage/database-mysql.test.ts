import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../storage/database/open-store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { everythingIn, failureOf } from '../support/failures.ts';
import { have } from '../support/prerequisites.ts';
import { portOf } from '../support/relay.ts';
import { startMariadb } from '../support/servers.ts';
import { mysqlContract } from './mysql.contract.ts';

describe('a database URL', () => {
  test.for([
    ['mysql://u:geheim@127.0.0.1:1', 'it names no database'],
    ['mysql://u:geheim@127.0.0.1:1/a?ssl-mode=verfy', 'ssl-mode is "verfy"'],
    [
      'mysql://u:geheim@127.0.0.1:1/a?multipleStatements=true',
      'the parameter "multipleStatements" is unknown',
    ],
    ['mysql://u:geheim%zz@127.0.0.1:1/a', 'two hexadecimal digits'],
    ['mysql://u:geheim@127.0.0.1:99999/a', 'it is no URL'],
    ['mysql:///a', 'it names no host'],
    ['oracle://u:geheim@127.0.0.1/a', '"oracle"'],
    ['geheim', 'wanted embedded:FOLDER'],
  ])('%s is refused: %s', async ([url, reason]) => {
    const error = await failureOf(openStore(url!));
    expect(error).toBeInstanceOf(AvalancheError);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(reason);
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test.for(['mysql', 'mariadb'])(
    '%s:// to a port that nobody listens on names host and port only',
    async (scheme) => {
      const error = await failureOf(openStore(`${scheme}://bot:geheim@127.0.0.1:1/avalanche`));
      expect(error).toBeInstanceOf(AvalancheError);
      expect(error.code).toBe('ENGINE_UNREACHABLE');
      expect(error.message).toContain('Cannot reach the database at "127.0.0.1:1": ');
      expect(error.message).toContain('ECONNREFUSED');
      expect(everythingIn(error)).not.toContain('geheim');
    },
  );

  test('a host that does not exist is named', async () => {
    const error = await failureOf(openStore('mysql://bot:geheim@nowhere.invalid/avalanche'));
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(error.message).toContain('"nowhere.invalid:3306"');
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test('a server that is something else is unreachable, not waited for', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const error = await failureOf(openStore(`mysql://bot:geheim@127.0.0.1:${portOf(server)}/avalanche`));
    expect(error.code).toBe('ENGINE_UNREACHABLE');
    expect(everythingIn(error)).not.toContain('geheim');
    server.close();
  });
});

describe.skipIf(!have('mariadbd'))('a store on MariaDB', () => {
  mysqlContract('MariaDB', startMariadb);
});
