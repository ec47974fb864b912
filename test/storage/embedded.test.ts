import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bigint, pgTable, text } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Embedded, openEmbedded } from '../../storage/embedded.ts';
import { AvalancheError } from '../../storage/errors.ts';

/** Made once: the first opening of a folder takes seconds, every later one a fraction. */
let template: string;
let folder: string;

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'avalanche-embedded-'));
  await (await openEmbedded(template)).close();
}, 120_000);
afterAll(() => rm(template, { recursive: true }));

async function copyTemplate(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-embedded-'));
  await cp(template, folder, { recursive: true });
}
const removeCopy = () => rm(folder, { recursive: true });

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts another process on the folder; `lastWritten` is what it was told is safe. */
async function startHolder() {
  const script = join(import.meta.dirname, 'embedded-holder.ts');
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  let lastWritten = 0;
  lines.on('line', (line) => {
    lastWritten = Number(line);
  });
  await once(lines, 'line');
  return { child, lastWritten: () => lastWritten };
}

describe('embedded engine', () => {
  beforeEach(copyTemplate);
  afterEach(removeCopy);

  test('keeps what was written over close and open', async () => {
    const first = await openEmbedded(folder);
    await first.pglite.exec('CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)');
    await Promise.all([first.close(), first.close()]);
    const second = await openEmbedded(folder);
    expect((await second.pglite.query('SELECT id FROM kept')).rows).toEqual([{ id: 1 }]);
    await second.close();
  }, 20_000);

  test('refuses a second opening, in this process too, naming process and folder', async () => {
    const embedded = await openEmbedded(folder);
    const refused = await openEmbedded(folder).catch((error) => error);
    expect(refused).toBeInstanceOf(AvalancheError);
    expect(refused).toMatchObject({
      code: 'ENGINE_LOCKED',
      message: `Cannot open the embedded engine in "${folder}": process ${process.pid} uses it`,
    });
    await embedded.close();
  }, 20_000);

  test('is refused while another process has it, and opens with all its rows when that one is killed', async () => {
    const { child, lastWritten } = await startHolder();
    await expect(openEmbedded(folder)).rejects.toMatchObject({
      code: 'ENGINE_LOCKED',
      message: expect.stringContaining(`process ${child.pid} uses it`),
    });
    await expect.poll(lastWritten, { timeout: 20_000 }).toBeGreaterThan(200);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const embedded = await openEmbedded(folder);
    const { rows } = await embedded.pglite.query<{ count: number; max: number }>(
      'SELECT count(*), max(number) FROM written',
    );
    expect(rows[0]?.max).toBeGreaterThanOrEqual(lastWritten());
    expect(rows[0]?.count).toBe(rows[0]?.max);
    await embedded.close();
  }, 60_000);

  test('takes no note of a holder that is alive but holds nothing', async () => {
    await writeFile(join(folder, 'holder'), `${process.ppid}\n`);
    await (await openEmbedded(folder)).close();
  }, 20_000);

  test('says why a folder cannot be used', async () => {
    const file = join(folder, 'holder');
    await expect(openEmbedded(file)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining(file),
    });
    await expect(openEmbedded(join(file, 'below'))).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });
});

describe('one embedded session', () => {
  let embedded: Embedded;

  beforeAll(async () => {
    await copyTemplate();
    embedded = await openEmbedded(folder);
    await embedded.pglite.exec('CREATE TABLE step (name text)');
  }, 20_000);
  afterEach(() => embedded.pglite.exec('TRUNCATE step'));
  afterAll(async () => {
    await embedded.close();
    await removeCopy();
  });

  const steps = async () =>
    (await embedded.pglite.query<{ name: string }>('SELECT name FROM step')).rows.map(({ name }) => name);

  test('makes and finds unqualified tables in public, apart from BullMQ and named otherwise', async () => {
    const { rows } = await embedded.pglite.query<{ schema: string; names: string[] }>(
      `SELECT schemaname AS schema, array_agg(tablename::text) AS names FROM pg_tables
       WHERE schemaname IN ('public', 'bullmq') GROUP BY 1`,
    );
    const tables = Object.fromEntries(rows.map(({ schema, names }) => [schema, names]));
    expect(tables.public).toEqual(['step']);
    expect(tables.bullmq).toContain('job');
  });

  test('gives BullMQ int8 as text and Drizzle what Drizzle wants', async () => {
    const counter = pgTable('counter', { name: text(), value: bigint({ mode: 'number' }) });
    await embedded.pglite.exec('CREATE TABLE counter (name text, value int8)');
    const database = drizzle({ client: embedded.pglite });
    await database.insert(counter).values({ name: 'big', value: 1_700_000_000_123 });
    expect(await database.select().from(counter)).toEqual([{ name: 'big', value: 1_700_000_000_123 }]);
    const { rows } = await embedded.pool.query('SELECT value, count(*) OVER () AS n FROM counter', []);
    expect(rows).toEqual([{ value: '1700000000123', n: '1' }]);
  });

  test('holds BEGIN to COMMIT together while everyone else waits', async () => {
    const client = await embedded.pool.connect();
    await client.query('BEGIN');
    await client.query("INSERT INTO step VALUES ('first')");
    const outside = embedded.pglite.query("INSERT INTO step VALUES ('outside')");
    const otherPool = embedded.pool.query('INSERT INTO step VALUES ($1)', ['pool']);
    await client.query('INSERT INTO step VALUES ($1)', ['second']);
    await client.query('COMMIT');
    await Promise.all([outside, otherPool]);
    expect((await steps()).slice(0, 2)).toEqual(['first', 'second']);
    expect(await steps()).toHaveLength(4);
    client.release();
  });

  test.each(['ROLLBACK', 'release', 'failed COMMIT'])('undoes a transaction that ends by %s', async (end) => {
    const client = await embedded.pool.connect();
    await client.query('-- a comment first\nBEGIN;');
    await client.query("INSERT INTO step VALUES ('undone')");
    if (end === 'failed COMMIT') {
      await expect(client.query('SELECT nothing')).rejects.toThrow(/nothing/);
      await expect(client.query('COMMIT')).rejects.toThrow('rolled back instead of committed');
    } else if (end === 'ROLLBACK') await client.query('ROLLBACK');
    client.release();
    expect(await steps()).toEqual([]);
  });

  test('passes NOTIFY to those who listen, until they are released', async () => {
    const client = await embedded.pool.connect();
    const heard: unknown[] = [];
    client.on('notification', (message) => heard.push(message));
    await client.query('-- Subscribe to the channel.\n-- Twice commented.\nLISTEN some_channel;\n');
    await embedded.pool.query("SELECT pg_notify('some_channel', $1)", ['hello']);
    await expect.poll(() => heard).toEqual([{ channel: 'some_channel', payload: 'hello' }]);
    client.release();
    await embedded.pool.query("SELECT pg_notify('some_channel', 'again')");
    await embedded.pool.query('SELECT 1');
    expect(heard).toHaveLength(1);
  });

  test('answers as a pg client does: undefined is null, many statements give the last result, errors keep their code', async () => {
    expect((await embedded.pool.query('SELECT $1::text AS value', [undefined])).rows).toEqual([
      { value: null },
    ]);
    expect((await embedded.pool.query('SELECT 1 AS n; SELECT 2 AS n')).rows).toEqual([{ n: 2 }]);
    expect((await embedded.pool.query("INSERT INTO step VALUES ('a'), ('b')")).rowCount).toBe(2);
    await expect(embedded.pool.query('SELECT * FROM absent', [])).rejects.toMatchObject({ code: '42P01' });
  });
});
