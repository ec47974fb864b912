import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { runCli } from '../../bot/cli.ts';
import { exportNames } from '../../bot/terminal/terminal-command.ts';
import { limitsSchema } from '../../storage/config.ts';
import { createFileTools } from '../../workers/file-tools.ts';
import { exports } from '../../workers/snapshot/exports/exports.ts';

const java = fileURLToPath(new URL('../data/own/java-checkout.perf.txt.gz', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'avalanche-convert-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function avalanche(...words: string[]) {
  const stdout = new PassThrough({ highWaterMark: 64 });
  const stderr = new PassThrough();
  const printed = text(stdout);
  const said = text(stderr);
  const terminal = {
    stdout,
    stderr,
    environment: {},
    directory: folder,
    signal: new AbortController().signal,
    loadFileTools: async () => createFileTools(limitsSchema.parse({})),
  };
  const refuse = () => Promise.reject(new Error('not a command on files'));
  const code = await runCli(words, terminal, { chat: refuse, configCheck: refuse, start: refuse });
  stdout.end();
  stderr.end();
  return { code, stdout: await printed, stderr: await said };
}

test('convert writes the format asked for, of the range asked for', async () => {
  const { code, stderr } = await avalanche('convert', java, '--to', 'pprof', '-o', 'cpu.pb.gz');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(gunzipSync(readFileSync(join(folder, 'cpu.pb.gz')))[0]).toBe(0x0a);
  const range = ['--from', '4', '--to', '7s'];
  const part = await avalanche('convert', java, '--to', 'perf-script', ...range, '-o', '-');
  expect(part.stdout.match(/^\S.*cpu-clock:ppp:$/gm)).toHaveLength(292);
});

test.each([
  [['--to', 'pprof'], 'no -o OUT is given'],
  [['-o', 'x'], 'no --to FORMAT is given (wanted: pprof, speedscope, folded, perf-script)'],
  [['--to', 'pdf', '-o', 'x'], '--to "pdf" is no format'],
  [['--to', 'pprof', '--to', 'folded', '-o', 'x'], 'one format is wanted'],
  [['--to', 'pprof', '--to', '4', '--to', '5', '-o', 'x'], 'more than once'],
  [['--to', 'pprof', '--to', 'soon', '-o', 'x'], '--to "soon" is no offset'],
])('convert says what is wrong with %j', async (words, message) => {
  const { code, stderr } = await avalanche('convert', java, ...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('convert says that it cannot write', async () => {
  const { code, stderr } = await avalanche('convert', java, '--to', 'folded', '-o', 'no/such/folder');
  expect(code).toBe(1);
  expect(stderr).toContain('Cannot write "no/such/folder"');
});

test('every format that is written can be asked for', () => {
  expect(exports.map(({ name }) => name)).toEqual([...exportNames]);
});
