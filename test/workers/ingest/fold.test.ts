import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FoldOptions, foldFile } from '../../../workers/snapshot/ingest/fold.ts';
import { have } from '../../support/prerequisites.ts';
import {
  haveShared,
  limits,
  ownPath,
  readPlain,
  sharedPath,
  workDirectory,
  writeRecording,
} from './recordings.ts';

async function fold(path: string, options: FoldOptions = {}): Promise<string[]> {
  return [...(await foldFile(path, { limits, workDirectory, ...options }))].sort();
}

async function foldText(text: string, options: FoldOptions = {}): Promise<string[]> {
  return await fold(writeRecording(text), options);
}

function readLines(path: string): string[] {
  const plain = existsSync(path) ? path : `${path}.gz`;
  return readPlain(plain).toString().trimEnd().split('\n').sort();
}

/** Recording, and what stackcollapse-perf.pl has made of it upstream with each option. */
const collapsed = [
  'perf-cycles-instructions-01.txt',
  'perf-funcab-pid-01.txt',
  'perf-iperf-stacks-pidtid-01.txt.gz',
  'perf-java-stacks-01.txt',
  'perf-js-stacks-01.txt',
  'perf-vertx-stacks-01.txt.gz',
].flatMap((recording) =>
  (['all', 'addrs', 'jit', 'kernel', 'pid', 'tid'] as const).map((option) => ({ recording, option })),
);

/** Made by an older script, which kept the leading `L` of Java names with these two options. */
function isOutdated({ recording, option }: { recording: string; option: string }): boolean {
  return /java-stacks-01|vertx-stacks-01/.test(recording) && (option === 'pid' || option === 'tid');
}

describe('as stackcollapse-perf.pl', () => {
  test.skipIf(!haveShared).each(collapsed.filter((pair) => !isOutdated(pair)))(
    '$recording with --$option',
    async ({ recording, option }) => {
      const name = recording.replace(/\.txt(\.gz)?$/, '');
      const wanted = readLines(sharedPath(`expected/flamegraph/${name}-collapsed-${option}.txt`));
      expect(await fold(sharedPath(`perf/${recording}`), { [option]: true })).toEqual(wanted);
    },
  );

  test.skipIf(!haveShared).each([
    // Inferno keeps the last event of a text that ends without a blank line; it cuts events at their first
    // colon, so that `cycles:u` and `cycles` are one; it keeps argument lists inside `<`. The script does not.
    { recording: 'inferno-java-inline.txt', expected: 'java-inline-collapsed.txt', differing: 1 },
    { recording: 'inferno-go-stacks.txt', expected: 'go-stacks-collapsed.txt', differing: 1 },
    {
      recording: 'inferno-single-line-stacks.txt',
      expected: 'single-line-stacks-collapsed.txt',
      differing: 1,
    },
    {
      recording: 'inferno-cpp-stacks-std-function.txt',
      expected: 'cpp-stacks-std-function-collapsed.txt',
      differing: 1,
    },
  ])(
    'inferno agrees on $recording but for what the script does otherwise',
    async ({ recording, expected, differing }) => {
      const folded = new Set(await fold(sharedPath(`perf/${recording}`)));
      const wanted = readLines(sharedPath(`expected/inferno/${expected}`));
      expect(wanted.filter((line) => !folded.has(line))).toHaveLength(differing);
    },
  );

  test('a comm ends at the first number, right or wrong', async () => {
    expect(
      await foldText('index shard 0    14 [000]  1.000000:   7 cycles: \n\t 1 f (/a)\n\n', { tid: true }),
    ).toEqual(['index_shard-?/0;f 7']);
  });

  test('periods are summed, of the first event only or of the one wanted', async () => {
    const text =
      'a 1 1.000000: 5 cycles: \n\t 1 f (/a)\n\na 1 1.1: 3 faults: \n\t 1 f (/a)\n\na 1 1.200000: 6 cycles: \n\t 1 f (/a)\n\n';
    expect(await foldText(text)).toEqual(['a;f 11']);
    expect(await foldText(text, { eventFilter: 'faults' })).toEqual(['a;f 3']);
  });

  test('names are tidied', async () => {
    const frames = [
      `\t 1 RegExp:[&<>\\"'] (/a)`,
      '\t 2 a;b (/a)',
      '\t 3 foo(int) (/a)',
      '\t 4 net/http.(*Client).Do+0x5 (/a)',
      '\t 5 (anonymous namespace)::f(int) (/a)',
      '\t 6 x::(anonymous namespace)::f(int) (/a)',
      '\t 7 [unknown] (/lib/libc.so.6)',
      '\t 8 [unknown] ([unknown])',
    ];
    const text = `app 1 1.000000: cycles: \n${frames.reverse().join('\n')}\n\n`;
    expect(await foldText(text)).toEqual([
      'app;RegExp:[&<>\\];a:b;foo;net/http.(*Client).Do;x::(anonymous namespace)::f;[libc.so.6];[unknown] 1',
    ]);
    expect(await foldText(text, { addrs: true })).toEqual([
      'app;RegExp:[&<>\\];a:b;foo;net/http.(*Client).Do;x::(anonymous namespace)::f;[libc.so.6 <7>];[unknown <8>] 1',
    ]);
  });

  test('Java names lose their leading L, inlined ones are marked', async () => {
    const text =
      'java 1 1.000000: cycles: \n\t 1 La/B;::c->La/D;::e (/tmp/perf-1.map)\n\t 2 f ([kernel.kallsyms])\n\n';
    expect(await foldText(text)).toEqual(['java;f;a/B:::c;a/D:::e_[i] 1']);
    expect(await foldText(text, { all: true })).toEqual(['java;f_[k];a/B:::c_[j];a/D:::e_[i] 1']);
    expect(await foldText(text.replace('java', 'jvm1'), { jit: true })).toEqual([
      'jvm1;f;La/B:::c_[j];La/D:::e_[i] 1',
    ]);
  });

  test('a last event without its blank line is dropped, an event without stack counts for its process', async () => {
    expect(await foldText('a 1 1.000000: cycles: \n\nb 2 2.000000: cycles: \n\t 1 f (/a)\n')).toEqual([
      'a 1',
    ]);
  });

  test('samples that the script loses are kept: a header with its only frame', async () => {
    expect(
      await foldText(
        '            perf  6447  1.100000:          4 cycles:  ffffffffb4343bad [unknown] ([kernel.kallsyms])\n',
      ),
    ).toEqual(['perf;[[kernel.kallsyms]] 4']);
  });
});

describe('other input', () => {
  test('folded stacks are summed', async () => {
    expect(await foldText('a;b 1\na;c 2\na;b 3\n')).toEqual(['a;b 4', 'a;c 2']);
  });

  test.skipIf(!have('perf'))('an archive of perf.data is folded with the names of its own map', async () => {
    const folded = await fold(ownPath('perf-record.tar.gz'), { jit: true });
    const burst = folded.filter((line) => line.includes('Checkout.recomputeDiscounts_[j]'));
    const periodNs = 10_101_010;
    expect(burst.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)).toBe(
      179 * periodNs,
    );
  });
});
