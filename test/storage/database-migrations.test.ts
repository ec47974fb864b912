import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DrizzleMySQLSnapshotJSON,
  type DrizzleSnapshotJSON,
  generateDrizzleJson,
  generateMigration,
  generateMySQLDrizzleJson,
  generateMySQLMigration,
} from 'drizzle-kit/api';
import { getTableColumns } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import * as postgresTables from '../../storage/database/postgres-tables.ts';
import * as tables from '../../storage/database/tables.ts';

const folder = join(import.meta.dirname, '../../storage/database/migrations');

async function readNewestSnapshot<Snapshot>(dialect: string): Promise<Snapshot> {
  const meta = join(folder, dialect, 'meta');
  const newest = (await readdir(meta))
    .filter((name) => name.endsWith('_snapshot.json'))
    .sort()
    .at(-1);
  return JSON.parse(await readFile(join(meta, newest ?? ''), 'utf8'));
}

/** A failure here means: run `npm run migrations:generate` and commit what it makes. */
describe('the migrations', () => {
  test('for MySQL bring about what the tables declare', async () => {
    const committed = await readNewestSnapshot<DrizzleMySQLSnapshotJSON>('mysql');
    const declared = await generateMySQLDrizzleJson(tables);
    expect(await generateMySQLMigration(committed, declared)).toEqual([]);
  });

  test('for Postgres bring about what the tables declare', async () => {
    const committed = await readNewestSnapshot<DrizzleSnapshotJSON>('postgres');
    const declared = generateDrizzleJson(postgresTables);
    expect(await generateMigration(committed, declared)).toEqual([]);
  });

  test('would notice a column that is not in them', async () => {
    const committed = await readNewestSnapshot<DrizzleMySQLSnapshotJSON>('mysql');
    delete committed.tables.requests?.columns.user_id;
    const statements = await generateMySQLMigration(committed, await generateMySQLDrizzleJson(tables));
    expect(statements.join()).toContain('ADD `user_id`');
  });

  test('take nothing away: they only go forward', async () => {
    for (const dialect of ['mysql', 'postgres']) {
      const names = (await readdir(join(folder, dialect))).filter((name) => name.endsWith('.sql'));
      expect(names.length).toBeGreaterThan(0);
      for (const name of names)
        expect(await readFile(join(folder, dialect, name), 'utf8')).not.toMatch(/\bDROP TABLE\b/i);
    }
  });
});

test('every table has a twin with the same fields, names and obligations', () => {
  const { schema, ...twins } = postgresTables;
  expect(Object.keys(twins).sort()).toEqual(Object.keys(tables).sort());
  for (const [name, table] of Object.entries(tables)) {
    const shapeOf = (from: typeof table) =>
      Object.entries(getTableColumns(from)).map(([field, column]) => [
        field,
        column.name,
        column.notNull,
        column.primary,
      ]);
    expect(shapeOf(twins[name as keyof typeof twins] as typeof table)).toEqual(shapeOf(table));
  }
});
