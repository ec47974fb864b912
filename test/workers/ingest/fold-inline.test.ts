import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { foldFile } from '../../../workers/snapshot/ingest/fold.ts';
import { have } from '../../support/prerequisites.ts';
import { limits, workDirectory, writeRecording } from './recordings.ts';

const source = `
static inline __attribute__((always_inline)) unsigned long mix(unsigned long x) {
  for (int i = 0; i < 50; i++) x ^= x << 13;
  return x;
}
static inline __attribute__((always_inline)) unsigned long both(unsigned long x) { return mix(x) + mix(x + 1); }
__attribute__((noinline)) unsigned long work(unsigned long x) { return both(x); }
int main(int count, char **words) { return (int)work(count); }
`;
/** Where the kernel loads code that can be loaded anywhere. */
const loadedAt = 0x555555554000;
const script = process.env.STACKCOLLAPSE_PERF;

async function fold(path: string, inline = true): Promise<string[]> {
  return [...(await foldFile(path, { limits, workDirectory, inline }))].sort();
}

/** A sample at each address of `work`, which `main` has called, as perf script writes it. */
function recordWork(binary: string, base: number): string {
  const symbols = execFileSync('nm', ['-S', binary], { encoding: 'utf8' });
  const [, start = '', size = ''] = /^([0-9a-f]+) ([0-9a-f]+) T work$/m.exec(symbols) ?? [];
  const address = (offset: number) => (Number.parseInt(start, 16) + base + offset).toString(16);
  return Array.from({ length: Number.parseInt(size, 16) }, (_, offset) =>
    [
      `app 7 1.${String(offset).padStart(6, '0')}: 1 cycles: `,
      `\t${address(offset)} work+0x${offset.toString(16)} (${binary})`,
      `\t      1 outside (/absent/lib.so)`,
      '',
      '',
    ].join('\n'),
  ).join('');
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(!have('gcc'))('inlined functions', () => {
  const binaryOf = (name: string) => join(workDirectory, name);
  beforeAll(() => {
    mkdirSync(workDirectory, { recursive: true });
    writeFileSync(join(workDirectory, 'work.c'), source);
    for (const [name, flag] of [
      ['fixed', '-no-pie'],
      ['movable', '-pie'],
      ['with blank', '-no-pie'],
    ] as const) {
      const words = ['-O2', '-g', '-fno-unroll-loops', flag, 'work.c', '-o', name];
      execFileSync('gcc', words, { cwd: workDirectory });
    }
  });

  test.each([
    ['fixed', 0],
    ['movable', loadedAt],
    // The script hands this name to a shell, which takes it for two.
    ['with blank', 0],
  ])('are named from the binary "%s"', async (name, base) => {
    const path = writeRecording(recordWork(binaryOf(name), base));
    const folded = await fold(path);
    expect(folded.map((line) => line.replace(/ \d+$/, ''))).toEqual(
      expect.arrayContaining(['app;outside;work', 'app;outside;work;both;mix']),
    );
    const sum = (lines: readonly string[]) => lines.reduce((all, line) => all + Number(/\d+$/.exec(line)), 0);
    expect(sum(folded)).toBe(sum(await fold(path, false)));
    expect(new Set(folded.map((line) => line.replace(/ \d+$/, ''))).size).toBe(folded.length);
  });

  test.skipIf(script === undefined).each([
    ['fixed', 0],
    ['movable', loadedAt],
  ])('are those of the Perl script for "%s"', async (name, base) => {
    const path = writeRecording(recordWork(binaryOf(name), base));
    const wanted = execFileSync('perl', [script!, '--inline', path], { encoding: 'utf8', stdio: 'pipe' });
    expect(await fold(path)).toEqual(wanted.trimEnd().split('\n').sort());
  });

  test('are not looked for where nothing can be, and no shell sees a name', async () => {
    const touched = join(workDirectory, 'touched');
    const modules = [
      '/absent/lib.so',
      'work.c',
      join(workDirectory, 'work.c'),
      '/dev/zero',
      '/dev/tty',
      workDirectory,
      `$(touch ${touched})`,
      `/x;touch ${touched}`,
      '--help',
      '[vdso]',
      '/tmp/perf-7.map',
    ];
    const frames = modules.map((module, index) => `\t${index + 1} f${index}+0x1 (${module})`);
    const path = writeRecording(`app 7 1.000000: 1 cycles: \n${frames.join('\n')}\n\n`);
    expect(await fold(path)).toEqual(await fold(path, false));
    expect(existsSync(touched)).toBe(false);
  });

  test('are refused without addr2line, and end with the signal', async () => {
    const path = writeRecording(recordWork(binaryOf('fixed'), 0));
    const signal = AbortSignal.abort(new Error('the reader left'));
    await expect(foldFile(path, { limits, workDirectory, inline: true, signal })).rejects.toThrow(
      'the reader left',
    );
    vi.stubEnv('PATH', '/absent');
    await expect(fold(path)).rejects.toMatchObject({ code: 'BINUTILS_FAILED' });
  });
});
