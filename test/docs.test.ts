import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { commands } from '../bot/commands/index.ts';
import { fileCommands } from '../bot/terminal/index.ts';
import { errorCodes } from '../storage/errors.ts';
import { registry } from '../storage/metrics.ts';

const read = (path: string) => readFile(new URL(`../${path}`, import.meta.url), 'utf8');

describe('the documents', () => {
  test('list every error code with its advice, and no other', async () => {
    const rows = [
      ...(await read('docs/errors.md')).matchAll(/^\| ([A-Z_]+) +\| (.+?) +\| (yes|no) +\| (.+?) +\|$/gm),
    ];
    const documented = rows.map(([, code, , again, advice]) => ({ code, retry: again === 'yes', advice }));
    const known = Object.entries(errorCodes).map(([code, { retry, advice }]) => ({ code, retry, advice }));
    expect(documented).toEqual(known);
  });

  test('name every command of the chat, and no other', async () => {
    const named = [...(await read('README.md')).matchAll(/^\| `\/avalanche (\w+)/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
  });

  test('list every metric, and no other', async () => {
    const listed = [...(await read('docs/operations.md')).matchAll(/^\| `(avalanche_\w+)`/gm)].map(
      ([, name]) => name,
    );
    const known = registry.getMetricsAsArray().map(({ name }) => name);
    expect(listed.toSorted()).toEqual(known.filter((name) => name.startsWith('avalanche_')).toSorted());
  });

  test('name every command on files', async () => {
    const readme = await read('README.md');
    for (const { name } of fileCommands) expect(readme).toContain(`npx avalanche ${name}`);
  });

  test('lead to files that are there', async () => {
    for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md']) {
      const folder = page.includes('/') ? 'docs/' : '';
      for (const [, target] of (await read(page)).matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        await expect(read(`${folder}${target}`), `${page} -> ${target}`).resolves.toBeTruthy();
      }
    }
  });
});
