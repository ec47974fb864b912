import type { Embedded } from '../embedded.ts';
import { AvalancheError } from '../errors.ts';
import { DatabaseStore } from './database-store.ts';
import { openEmbeddedTables } from './embedded.ts';
import { openMysql } from './mysql.ts';
import { openPostgres } from './postgres.ts';
import type { Store } from './store.ts';

/**
 * Opens the store that the URL names, its tables brought up to date.
 *
 * @param embedded the engine that serves `embedded:FOLDER`; closing the store leaves it open
 * @throws AvalancheError CONFIG_INVALID, ENGINE_UNREACHABLE or ENGINE_LOCKED
 */
export async function openStore(url: string, embedded?: Pick<Embedded, 'pglite'>): Promise<Store> {
  const scheme = /^[a-z]+(?=:)/i.exec(url)?.[0].toLowerCase();
  switch (scheme) {
    case 'embedded':
      if (embedded === undefined)
        throw new TypeError('Cannot open an embedded store: no embedded engine given');
      return new DatabaseStore(await openEmbeddedTables(embedded.pglite));
    case 'mysql':
    case 'mariadb':
      return new DatabaseStore(await openMysql(url));
    case 'postgres':
    case 'postgresql':
      return new DatabaseStore(await openPostgres(url));
    default:
      throw new AvalancheError(
        'CONFIG_INVALID',
        `Cannot open a database of the kind "${scheme ?? ''}": not known (wanted embedded:FOLDER, mysql://…, mariadb://…, postgres://… or postgresql://…)`,
      );
  }
}
