import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { palettes } from '../renderers/palette.ts';

/** The command line as a person has it: a process of its own, in a folder of its own. */
const program = fileURLToPath(new URL('../avalanche.ts', import.meta.url));
const own = (name: string) => fileURLToPath(new URL(`data/own/${name}`, import.meta.url));
const java = own('java-checkout.perf.txt.gz');
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avalanche-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function avalanche(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { cwd: folder, env: { ...process.env, AVALANCHE_DATA: join(folder, 'data') } };
  try {
    return { code: 0, ...(await run(process.execPath, [program, ...words], options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe('avalanche fold', () => {
  test('prints folded stacks, the same for plain, gzip and zstd', async () => {
    const text =
      '#\napp 7 1.000001: cpu-clock:\n\t1 b (/bin/app)\n\t2 a (/bin/app)\n\napp 7 1.1: cpu-clock:\n\t2 a (/bin/app)\n\n';
    await writeFile(join(folder, 'plain'), text);
    await writeFile(join(folder, 'gz'), gzipSync(text));
    await writeFile(join(folder, 'zst'), zstdCompressSync(Buffer.from(text)));
    for (const file of ['plain', 'gz', 'zst']) {
      const { stdout, stderr } = await avalanche('fold', file);
      expect(stdout.trim().split('\n').sort()).toEqual(['app;a 1', 'app;a;b 1']);
      expect(stderr).toBe('');
    }
  });

  test('ends quietly when its reader has read enough', async () => {
    const child = spawn(process.execPath, [program, 'fold', java], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('avalanche info', () => {
  test('tells people what a recording holds', async () => {
    const { stdout } = await avalanche('info', java);
    expect(stdout).toMatch(/samples +1,557/);
    expect(stdout).toMatch(/threads +10/);
    expect(stdout).toContain('Checkout.buildCart');
  });

  test('--json is one object', async () => {
    const facts = JSON.parse((await avalanche('info', java, '--json')).stdout);
    expect(facts).toMatchObject({ format: 'perf-script', sampleCount: 1557, threadCount: 10, rateHz: 99 });
  });
});

describe('avalanche render', () => {
  test('writes a PNG of the range and says in words what it shows', async () => {
    const { stdout } = await avalanche('render', java, '-o', 'burst.png', '--from', '4', '--to', '7');
    expect((await readFile(join(folder, 'burst.png'))).subarray(1, 4).toString()).toBe('PNG');
    expect(stdout).toMatch(/^burst\.png: Flame graph/);
  });

  test('writes an SVG where the name ends so', async () => {
    const words = ['--json', '--dark', '--view', 'icicle'];
    const { stdout } = await avalanche('render', java, '-o', 'flame.SVG', ...words);
    const svg = await readFile(join(folder, 'flame.SVG'), 'utf8');
    expect(svg).toContain('<svg xmlns="http://www.w3.org/2000/svg"');
    expect(svg).toContain('Checkout.recomputeDiscounts');
    expect(svg).toContain(`fill="${palettes.dark.background}"`);
    expect(JSON.parse(stdout)).toMatchObject({
      widthPx: 1600,
      altText: expect.stringMatching(/^Flame graph with its root on top/),
    });
  });

  test.each([
    ['heatmap', /^Heatmap by second/],
    ['timeline', /Busiest: http-nio-8080-e 33 34 % \(of it Checkout\.recomputeDiscounts 9\.7 %/],
    ['top', /Samples end in: TreeMap\.merge 6\.5 % \(with callees 7\.8 %\)/],
  ])('draws the view "%s"', async (view, says) => {
    const words = ['--view', view, '--json'];
    const { altText } = JSON.parse((await avalanche('render', java, '-o', `${view}.png`, ...words)).stdout);
    expect(altText).toMatch(says);
    expect((await readFile(join(folder, `${view}.png`))).subarray(1, 4).toString()).toBe('PNG');
  });

  test('puts several recordings beside each other as pods, named after their files', async () => {
    await writeFile(join(folder, 'shop-1.folded'), 'shop;main;parse 500\nshop;main;render 500\n');
    await writeFile(join(folder, 'shop-2.folded'), 'shop;main;parse 510\nshop;main;render 480\n');
    await writeFile(join(folder, 'shop-3.folded'), 'shop;main;parse 500\nshop;main;retry 2500\n');
    const files = ['shop-1.folded', 'shop-2.folded', 'shop-3.folded'];
    const { stdout } = await avalanche('render', ...files, '--view', 'pods', '-o', 'pods.png');
    expect(stdout).toContain('One stands out. shop-3.folded: retry 83 %, elsewhere 0 %; 3.0 times as busy.');
  });

  test.each([
    [['render', java, '-o', 'x.png', '--view', 'pods'], 1, 'there is but one'],
    [['render', java, '-o', 'x.png', '--view', 'iccle'], 2, 'wanted: flame-graph, icicle,'],
    [['render', java], 2, 'no -o PICTURE.png is given'],
    [['render', java, '-o', 'x.png', '--from', '7', '--to', '4'], 2, '--from must lie before --to'],
    [['render', java, '-o', 'x.png', '--from', '99'], 1, 'it holds no samples'],
    [['render', java, '-o', 'no/such/folder/x.png'], 1, 'Cannot write'],
  ])('%j ends with %i', async (words, code, message) => {
    const ended = await avalanche(...words);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(message);
  });
});

describe('avalanche heatmap', () => {
  test('writes a PNG, and names the burst that was planted', async () => {
    const { stdout } = await avalanche('heatmap', java, '-o', 'heat.png', '--rows', '99', '--json');
    expect((await readFile(join(folder, 'heat.png'))).subarray(1, 4).toString()).toBe('PNG');
    const { bursts, altText } = JSON.parse(stdout);
    expect(bursts).toMatchObject([{ functions: [{ function: 'Checkout.recomputeDiscounts' }] }]);
    expect(altText).toContain('Steady, but for a burst from second 4.5 to 7.0');
  });
});

describe('avalanche suspects', () => {
  /** A repository in which the burst of the recording was planted by the second of three commits. */
  async function buildRepository(): Promise<string> {
    const repository = await mkdtemp(join(folder, 'repo-'));
    const git = (...words: string[]) =>
      run('git', ['-c', 'user.name=Mira', '-c', 'user.email=mira@example.org', ...words], {
        cwd: repository,
      });
    const source = (body: string) =>
      `class Checkout {\n  long recomputeDiscounts(int[] cart) {\n    ${body}\n  }\n\n  void handle() {\n    recomputeDiscounts(null);\n  }\n}\n`;
    await git('init', '-q', '-b', 'main');
    await writeFile(join(repository, 'Checkout.java'), source('return 0;'));
    await git('add', '.');
    await git('commit', '-qm', 'Checkout');
    await writeFile(join(repository, 'Checkout.java'), source('return slow(cart);'));
    await git('commit', '-qam', 'Discounts for every pair of items');
    await writeFile(join(repository, 'README'), 'shop\n');
    await git('add', '.');
    await git('commit', '-qm', 'Readme');
    return repository;
  }

  test('--json prints the documented shape and nothing else', async () => {
    const repository = await buildRepository();
    const words = [
      'suspects',
      java,
      '--from',
      '4s',
      '--to',
      '7s',
      '--repo',
      repository,
      '--revision',
      'HEAD',
      '--json',
    ];
    const { stdout, stderr, code } = await avalanche(...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { verdict, suspects } = JSON.parse(stdout);
    expect(verdict).toContain('recomputeDiscounts');
    expect(suspects[0]).toEqual({
      rank: 1,
      function: 'Checkout.recomputeDiscounts',
      file: 'Checkout.java',
      line: 2,
      // 77 of the 292 samples are of the JIT compiler's own threads.
      share: expect.closeTo(163 / (292 - 77), 2),
      baselineShare: null,
      confidence: expect.stringMatching(/^(high|likely|weak)$/),
      commit: {
        id: expect.stringMatching(/^[0-9a-f]{40}$/),
        subject: 'Discounts for every pair of items',
        author: 'Mira',
        date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
      url: null,
    });
  });

  test('with a baseline tells the share of both', async () => {
    const words = ['suspects', java, '--baseline', java, '--json', '--repo', await buildRepository()];
    const { verdict, suspects } = JSON.parse((await avalanche(...words)).stdout);
    expect(verdict).not.toBe('');
    expect(suspects.filter(({ confidence }: { confidence: string }) => confidence !== 'weak')).toEqual([]);
  });

  test('a revision that is not there is named', async () => {
    const ended = await avalanche('suspects', java, '--repo', await buildRepository(), '--revision', 'v9');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('v9');
  });
});

describe('mistakes', () => {
  test.each([
    [['foold', 'x'], 2, 'did you mean "fold"?'],
    [['render', 'x', '--widht', '5'], 2, 'did you mean --width?'],
    [['fold'], 2, 'no FILE is given'],
    [['fold', 'a', 'b'], 2, 'one FILE is wanted'],
    [['fold', 'nope'], 1, 'Cannot read "nope"'],
    [['fold', '.'], 1, 'it is a folder'],
    [['snapshot', 'nowhere-prod'], 1, 'nowhere-prod'],
  ])('%j ends with %i and says why', async (words, code, message) => {
    const ended = await avalanche(...words);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).not.toMatch(/\bat .*\.ts:\d+/);
    expect(ended.stdout).toBe('');
  });

  test('help goes to stdout and is no mistake', async () => {
    for (const words of [[], ['help'], ['--help'], ['fold', '--help'], ['help', 'render']]) {
      const { code, stdout } = await avalanche(...words);
      expect(code).toBe(0);
      expect(stdout).toContain('usage: avalanche');
    }
  });

  test('control characters of a recording do not reach the terminal', async () => {
    await writeFile(join(folder, 'escape'), 'app;evil\u001b[2J 3\n'.repeat(3));
    const { stdout } = await avalanche('info', 'escape');
    expect(stdout).toContain('evil');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('avalanche config check', () => {
  test('names every mistake with its key', async () => {
    const place = await mkdtemp(join(folder, 'config-'));
    await writeFile(join(place, 'avalanche.yaml'), 'environments:\n  - nmae: prod\n    logServers: []\n');
    const ended = await run(process.execPath, [program, 'config', 'check'], { cwd: place }).catch(
      (error) => error,
    );
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('nmae');
    expect(ended.stderr).toContain('logServers');
    expect(ended.stderr.split('\n').length).toBeGreaterThan(3);
  });
});
