import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameKind } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { perfScript } from '../../../workers/snapshot/ingest/perf-script.ts';
import { describeSamples, ingest, limits, ownPath, readPlain, workDirectory } from './recordings.ts';

const twoEvents = `java 12/33 [000]  100.000000:   10101010 cpu-clock:ppp: 
\t    7f01 void Cart.total(int)+0x4 (/tmp/perf-12.map)
\tffffffff81 do_syscall_64+0x5 ([kernel.kallsyms])
\t    55aa main+0x1 (/bin/java)

java 12/34 [001]  101.500000:   10101010 cpu-clock:ppp: 
\t    55aa main+0x2 (/bin/java)

`;

async function readInChunks(bytes: Buffer, chunkBytes: number) {
  const builder = new ProfileBuilder({ format: 'perf-script' });
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const recording = { name: 'a recording', path: null, layers: [], chunks: chunks(), readBytes: () => 0 };
  await perfScript.read(recording, { builder, limits, workDirectory, pod: '', facts: null, maps: null });
  return builder.finish();
}

describe('perf script text', () => {
  test('samples keep their time, thread, stack and weight', async () => {
    const profile = await ingest(twoEvents);
    expect(describeSamples(profile)).toEqual([
      '@0 java/33 main;do_syscall_64_[k];void Cart.total(int)_[j]',
      '@1500 java/34 main',
    ]);
    expect(profile.events).toEqual([{ name: 'cpu-clock:ppp', unit: 'nanoseconds' }]);
    expect([...profile.samples.weight]).toEqual([10101010, 10101010]);
    expect(profile.recording).toMatchObject({
      format: 'perf-script',
      rateHz: 99,
      durationMs: 1500,
      warnings: [],
    });
  });

  test('two threads of one name that ends in a number stay two threads', async () => {
    const profile = await ingest(
      'index shard 0    14 [000]  1.000000: cycles: \n\t 1 f (/a)\n\nindex shard 0    15 [000]  2.000000: cycles: \n\t 1 f (/a)\n\n',
    );
    expect(profile.threads.map(({ comm, tid }) => `${comm} ${tid}`)).toEqual([
      'index shard 0 14',
      'index shard 0 15',
    ]);
  });

  test('a right-aligned header with its only frame is a whole event', async () => {
    const profile = await ingest(
      '   index shard 0    14 [000]  1.000000: 10101010 cpu-clock:ppp:      558fb5be3372 indexer::index+0xc2 (/srv/app/indexer)\n' +
        '            perf  6447  1.100000:          1 cpu-clock:ppp:  ffffffffb4343bad [unknown] ([kernel.kallsyms])\n',
    );
    expect(describeSamples(profile)).toEqual([
      '@0 index shard 0/14 indexer::index',
      '@100 perf/6447 [unknown]_[?]',
    ]);
  });

  test('a payload of a tracepoint is no frame', async () => {
    const profile = await ingest(
      'a 1 1.000000: sched:sched_switch: prev_comm=a prev_pid=1 (x)\n\nb 2 2.000000: sched:sched_switch: add (x)\n',
    );
    expect(describeSamples(profile)).toEqual(['@0 a/1 ', '@1000 b/2 ']);
    expect(profile.events).toEqual([{ name: 'sched:sched_switch', unit: 'samples' }]);
  });

  test('events end without blank lines, with blank lines at odd places and at the end of the text', async () => {
    const profile = await ingest(
      'a 1 1.000000: cycles:\n\n\t 1 f (/a)\nb 2 2.000000: cycles:\n\t 2 g (/a)\nc 3 3.000000: cycles:\n\t 3 h (/a)',
    );
    expect(describeSamples(profile)).toEqual(['@0 a/1 f', '@1000 b/2 g', '@2000 c/3 h']);
    expect(profile.recording.warnings).toEqual([
      { text: 'perf script: the text ends inside a line', count: 1 },
    ]);
  });

  test('lines of other programs are counted, not fatal and not silent', async () => {
    const noise = 'Failed to open /tmp/perf-12.map, continuing without symbols\n';
    const profile = await ingest(noise + twoEvents.replace('\tffff', `${noise}\tffff`) + noise);
    expect(profile.samples.timeMs).toHaveLength(2);
    expect(profile.recording.warnings).toEqual([
      { text: 'perf script: a line that is neither event nor stack', count: 3 },
    ]);
  });

  test('lost samples are summed, records do not move the time range', async () => {
    const profile = await ingest(
      `java 12/12 0.000000: PERF_RECORD_COMM: http:12/33\n${twoEvents}x 1 5630.967724: PERF_RECORD_LOST lost 2\nx 1 0.000000: PERF_RECORD_LOST_SAMPLES lost 40\n`,
    );
    expect(profile.recording).toMatchObject({ lostCount: 42, durationMs: 1500 });
  });

  test('a COMM record tells the pid that headers with the tid alone lack', async () => {
    const profile = await ingest(
      'java 12/33 0.000000: PERF_RECORD_COMM: http:12/33\nhttp 33 1.000000: cycles:\n\t 1 f (/a)\n\n',
    );
    expect(profile.threads).toEqual([{ pod: '', pid: 12, tid: 33, comm: 'http' }]);
  });

  test('a recording without times has none, and says so', async () => {
    const profile = await ingest(
      'func_ab 15294 cpu-clock: \n\t 1 f (/a)\n\nfunc_ab 15294 cpu-clock: \n\t 1 g (/a)\n\n',
    );
    expect(profile.recording).toMatchObject({ hasTimes: false, durationMs: 0 });
    expect(describeSamples(profile)).toEqual(['func_ab/15294 f', 'func_ab/15294 g']);
  });

  test('inlined lines stand below the function they are inlined in, with its module', async () => {
    const profile = await ingest(
      'a 1 1.000000: cycles:\n\t 5 inner+0x1 (inlined)\n\t 5 middle+0x1 (inlined)\n\t 5 outer+0x1 (/bin/a)\n\t 9 main (/bin/b)\n\n',
    );
    expect(describeSamples(profile)).toEqual(['@0 a/1 main;outer;middle_[i];inner_[i]']);
    expect(profile.frames.module).toEqual(['/bin/a', '/bin/b', '/bin/a', '/bin/a']);
  });

  test('arrows split symbols of a symbol map and no others', async () => {
    const profile = await ingest(
      'java 1 1.000000: cycles:\n\t 5 a->b->c (/tmp/perf-1.map)\n\t 6 Ptr::operator->+0x3 (/bin/java)\n\t 7 <impl Fn() -> T>::f (/bin/java)\n\n',
    );
    expect(describeSamples(profile)).toEqual([
      '@0 java/1 <impl Fn() -> T>::f;Ptr::operator->;a_[j];b_[i];c_[i]',
    ]);
  });

  test('the frame of a system call that DWARF unwinding prints twice is one frame', async () => {
    const call = '\t 5 __GI___libc_write+0x4f (/lib/libc.so)\n';
    const event = (frames: string) => `a 1 1.000000: cycles:\n${frames}\n`;
    expect(
      describeSamples(await ingest(event(`\t ffffffff81 sys ([kernel.kallsyms])\n${call}${call}`))),
    ).toEqual(['@0 a/1 __GI___libc_write;sys_[k]']);
    expect(describeSamples(await ingest(event(call + call)))).toEqual([
      '@0 a/1 __GI___libc_write;__GI___libc_write',
    ]);
  });

  test('it is one frame the first time, the second time and any later time, wherever chunks end', async () => {
    const call = '\t            5555 __GI___libc_write+0x4f (/lib/libc.so)\n';
    const event = `a 1 1.000000: cycles:\n\t      ffffffff81 sys ([kernel.kallsyms])\n${call}${call}\n`;
    for (const chunkBytes of [1, 7, 64, 1024]) {
      const profile = await readInChunks(Buffer.from(event.repeat(3)), chunkBytes);
      expect(describeSamples(profile)).toEqual(Array(3).fill('@0 a/1 __GI___libc_write;sys_[k]'));
    }
  });

  test('source lines below frames are passed over', async () => {
    const profile = await ingest(
      'a 1 1.000000: cycles:\n\t 5 f (/a)\n  file.cpp:137\n\t 6 [unknown] ([unknown])\n  \n\t 7 g (/a)\n  libc-2.33.so[27b25]\n\n',
    );
    expect(describeSamples(profile)).toEqual(['@0 a/1 g;[unknown]_[?];f']);
    expect(profile.recording.warnings).toEqual([]);
  });

  test('bytes that are no UTF-8 are replaced, those that are stay', async () => {
    const line = Buffer.concat([
      Buffer.from('a 1 1.000000: cycles:\n\t 5 Größe'),
      Buffer.from([0xff]),
      Buffer.from(' (/a)\n\n'),
    ]);
    expect(describeSamples(await ingest(line))).toEqual(['@0 a/1 Größe\ufffd']);
  });

  test('CRLF, UTF-8 mark, UTF-16 and no mark at all read the same', async () => {
    const wanted = describeSamples(await ingest(twoEvents));
    const crlf = twoEvents.replaceAll('\n', '\r\n');
    const swapped = Buffer.from(`\ufeff${crlf}`, 'utf16le').swap16();
    for (const bytes of [crlf, `\ufeff${twoEvents}`, Buffer.from(`\ufeff${crlf}`, 'utf16le'), swapped]) {
      expect(describeSamples(await ingest(bytes))).toEqual(wanted);
    }
  });

  test('the comment block tells command, host and rate', async () => {
    const { recording } = await ingest(readPlain(ownPath('node26-orders.perf.txt.gz')));
    expect(recording).toMatchObject({ host: 'orders-web-0', rateHz: 99 });
    expect(recording.command).toMatch(/^\/usr\/bin\/perf record -F 99/);
  });

  test('names of objects in JavaScript are ordinary names', async () => {
    const profile = await ingest(
      '__proto__ 1 1.000000: constructor:\n\t 5 __proto__ (constructor)\n\t 6 toString (/a)\n\n',
    );
    expect(describeSamples(profile)).toEqual(['@0 __proto__/1 toString;__proto__']);
  });

  test('a step back in time of more than a minute is remarked', async () => {
    const { recording } = await ingest(
      'a 1 900.000000: cycles:\n\t 5 f (/a)\n\na 1 1.000000: cycles:\n\t 5 f (/a)\n\n',
    );
    expect(recording.warnings).toEqual([
      { text: 'perf script: time goes back by more than a minute', count: 1 },
    ]);
  });

  test.each([
    ['stackDepth', { stackDepth: 2 }, /a stack has more than 2 frames/],
    ['sampleCount', { sampleCount: 1 }, /more than 1 samples/],
    ['frameNameBytes', { frameNameBytes: 10 }, /a function's name has 20 bytes/],
  ])('limits.%s is kept', async (_, changed, message) => {
    await expect(ingest(twoEvents, changed)).rejects.toMatchObject({
      code: 'RECORDING_TOO_LARGE',
      message: expect.stringMatching(message),
    });
  });

  test('a line without an end is refused before it fills the memory', async () => {
    const endless = `${twoEvents}\t 1 ${'x'.repeat(3 * 1024 ** 2)}`;
    await expect(ingest(endless)).rejects.toMatchObject({
      code: 'RECORDING_TOO_LARGE',
      message: expect.stringMatching(/a line is longer/),
    });
  });

  test('a comment block without events is an empty profile', async () => {
    await expect(ingest('# ========\n# captured on    : now\n# ========\n#\n')).rejects.toMatchObject({
      code: 'PROFILE_EMPTY',
      message: expect.stringMatching(/0 samples \(found: 1 perf script text\)/),
    });
  });
});

describe('chunks', () => {
  test('cut in 100 bytes, in one byte or not at all: the same profile', async () => {
    const bytes = readPlain(ownPath('java-checkout.perf.txt.gz'));
    const whole = await readInChunks(bytes, bytes.length);
    expect(await readInChunks(bytes, 100)).toEqual(whole);
    const short = bytes.subarray(0, 20_000);
    expect(await readInChunks(short, 1)).toEqual(await readInChunks(short, short.length));
  });

  test('any text gives the same profile in chunks of any size', async () => {
    const piece = fc.constantFrom(
      ...twoEvents.split('\n').map((line) => `${line}\n`),
      'noise\n',
      '\r\n',
      '# x\n',
      '\t 1 ü (/a)\n',
      'cut',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        async (pieces, size) => {
          const bytes = Buffer.from(pieces.join(''));
          expect(await readInChunks(bytes, size)).toEqual(await readInChunks(bytes, 1 << 20));
        },
      ),
      { numRuns: 200 },
    );
  });
});

test.each([
  ['[kernel.kallsyms]', FrameKind.Kernel],
  ['[nf_conntrack]', FrameKind.Kernel],
  ['/lib/modules/4.3.0-rc1-virtual/build/vmlinux', FrameKind.Kernel],
  ['/boot/vmlinux-6.1.0-18-amd64', FrameKind.Kernel],
  ['bpf_prog_2b95aa_uni_l4lb', FrameKind.Kernel],
  ['[vdso]', FrameKind.Native],
  ['[heap]', FrameKind.Native],
  ['/tmp/perf-12.map', FrameKind.Jit],
  ['/tmp/jitted-10-440.so', FrameKind.Jit],
  ['[JIT app cache]', FrameKind.Jit],
  ['inlined', FrameKind.Inlined],
  ['/usr/lib/libjvm.so', FrameKind.Native],
  ['[unknown]', FrameKind.Unknown],
])('a frame of %s has its kind from there', async (module, kind) => {
  const profile = await ingest(`a 1 1.000000: cycles:\n\t 5 f (${module})\n\n`);
  expect(profile.frames.kind[0]).toBe(kind);
});
