import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The command line as a person has it: a process of its own, in a folder of its own. */
const program = fileURLToPath(new URL('../avalanche.ts', import.meta.url));
const java = fileURLToPath(new URL('data/own/java-checkout.perf.txt.gz', import.meta.url));
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-cli-diff-'));
  await writeFile(join(folder, 'before.folded'), 'app;main;parse 700\napp;main;render 300\n');
  await writeFile(join(folder, 'after.folded'), 'app;main;parse 300\napp;main;render 300\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function diff(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { cwd: folder, env: { ...process.env, AVALANCHE_DATA: join(folder, 'data') } };
  try {
    return { code: 0, ...(await run(process.execPath, [program, 'diff', ...words], options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe('avalanche diff', () => {
  test('compares a part of a recording with the rest, in words and as a picture', async () => {
    const { stdout } = await diff(java, '--from', '4', '--to', '7', '-o', 'burst.png');
    expect(stdout).toMatch(/^java-checkout\.perf\.txt\.gz, 4 s to 7 s against the rest\n/);
    expect(stdout).toMatch(/0 % +56 % +\+56 .*Checkout\.recomputeDiscounts/);
    expect(stdout).toMatch(/\nburst\.png: 1600 x \d+ px\n$/);
    expect((await readFile(join(folder, 'burst.png'))).subarray(1, 4).toString()).toBe('PNG');
  });

  test('--json is one object with every function', async () => {
    const { stdout } = await diff('before.folded', 'after.folded', '--json');
    const object = JSON.parse(stdout);
    expect(object).toMatchObject({
      normalizedBy: 'samples',
      before: { name: 'before.folded', sampleCount: 1000 },
      after: { name: 'after.folded', sampleCount: 600 },
      functionCount: 4,
      picture: null,
    });
    const parse = object.functions.find((each: { function: string }) => each.function === 'parse');
    expect(parse.self).toMatchObject({ before: 0.7, after: 0.5, aboveNoise: true });
    expect(parse.self.low).toBeLessThan(parse.self.delta);
  });

  test.each([
    [['before.folded', 'after.folded', '--by', 'luck'], 2, 'wanted: samples or time'],
    [['absent.folded', 'after.folded', '-o', 'x.png'], 1, 'absent.folded'],
  ])('%j ends with %i and says why', async (words, code, why) => {
    const result = await diff(...words);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(why);
  });
});
