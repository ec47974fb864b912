import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls with a folder that has only the first migration of a dialect, as a database of the first version had it. */
export async function withFirstMigration(
  dialect: 'mysql' | 'postgres',
  migrate: (migrationsFolder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-test-migrations-'));
  await cp(join(import.meta.dirname, '../../storage/database/migrations', dialect), folder, {
    recursive: true,
  });
  const journalPath = join(folder, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(journalPath, 'utf8'));
  await writeFile(journalPath, JSON.stringify({ ...journal, entries: journal.entries.slice(0, 1) }));
  await migrate(folder);
  await rm(folder, { recursive: true });
}
