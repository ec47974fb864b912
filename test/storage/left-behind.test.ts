import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isLeftBehind } from '../../storage/left-behind.ts';

test('what a process made is left behind once it has ended, and not before', async () => {
  const ended = spawnSync('true').pid;
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-left-'));
  expect(await isLeftBehind(folder, ended)).toBe(true);
  expect(await isLeftBehind(folder, process.ppid)).toBe(false);
  expect(await isLeftBehind(folder, process.pid)).toBe(false);
  await rm(folder, { recursive: true });
});

test('a process of our number that is older than we are is another one, as in a container started again', async () => {
  expect(await isLeftBehind(import.meta.filename, process.pid)).toBe(true);
});
