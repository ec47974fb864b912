import { describe, expect, test } from 'vitest';
import {
  parseFrameLine,
  parseTimedHeader,
  parseUntimedHeader,
} from '../../../workers/snapshot/ingest/perf-script-lines.ts';

/** `comm|pid|tid|time|period|event`, or what else the line is. */
function describeHeader(line: string): string {
  const header = parseTimedHeader(line) ?? parseUntimedHeader(line);
  if (header === null) return 'no header';
  if ('record' in header) return `record ${header.record}:${header.rest}`;
  const { comm, pid, tid, timeMs, period, event } = header;
  return [comm, pid, tid, timeMs, period, event].join('|');
}

describe('event header', () => {
  test.each([
    ['java 25607 4794564.109216: cycles:', 'java|-1|25607|4794564109.216||cycles'],
    ['java 12688 [002] 6544038.708352: cpu-clock:', 'java|-1|12688|6544038708.352||cpu-clock'],
    [
      'match-0    14  2619.894124:   10101010 cpu-clock:ppp: ',
      'match-0|-1|14|2619894.124|10101010|cpu-clock:ppp',
    ],
    [
      'gateway    12/17    [001]  3792.931283:   10101010 cpu-clock:ppp: ',
      'gateway|12|17|3792931.283|10101010|cpu-clock:ppp',
    ],
    ['func_ab 15294 cpu-clock: ', 'func_ab|-1|15294|NaN||cpu-clock'],
    ['java 19983 cycles:', 'java|-1|19983|NaN||cycles'],
    ['match-0 12/14 10101010 cycles:', 'match-0|12|14|NaN|10101010|cycles'],
    ['12/14    [000]  4248.039678: cpu-clock:ppp: ', '|12|14|4248039.678||cpu-clock:ppp'],
    ['index shard 0    14 [000]  4248.052335:   1 cycles: ', 'index shard 0|-1|14|4248052.335|1|cycles'],
    ['1234    14 [000]  4248.052335:   1 cycles: ', '1234|-1|14|4248052.335|1|cycles'],
    ['GC Thread#0    14  4248.052335:   1 cycles: ', 'GC Thread#0|-1|14|4248052.335|1|cycles'],
    ['kworker/0:0H    14  4248.052335:   1 cycles: ', 'kworker/0:0H|-1|14|4248052.335|1|cycles'],
    ['match-1 (eu)    14  4248.052335:   1 cycles: ', 'match-1 (eu)|-1|14|4248052.335|1|cycles'],
    ['[ET_NET 0]    14  4248.052335:   1 cycles: ', '[ET_NET 0]|-1|14|4248052.335|1|cycles'],
    ['FS Broker 5906  5911 [003] 12.000001: 7 cycles: ', 'FS Broker 5906|-1|5911|12000.001|7|cycles'],
    ['java 14 [000] U      4248.039678: cycles:', 'java|-1|14|4248039.678||cycles'],
    ['swapper     0 [000] 5076.100000: cycles:', 'swapper|-1|0|5076100||cycles'],
    [':12345 12345 5076.100000: cycles:', ':12345|-1|12345|5076100||cycles'],
    ['lost    -1/-1    [000]  5076.100000: cycles:', 'lost|-1|-1|5076100||cycles'],
    [
      'Gecko\t25122 [007] 115539.936601:\t\t1000000 task-clock:u:',
      'Gecko|-1|25122|115539936.601|1000000|task-clock:u',
    ],
    [
      'Gecko\t25122 [007] 115540.8374:\t\t1000000 task-clock:u:',
      'Gecko|-1|25122|115540008.374|1000000|task-clock:u',
    ],
    ['java 14 4248.039678123: 5 cycles:', 'java|-1|14|4248039.678123|5|cycles'],
    ['java 14 1.000000: sched:sched_switch: prev_comm=a: prev_pid=1', 'java|-1|14|1000||sched:sched_switch'],
    ['java 14 1.000000: 33 cpu_core/cycles/:', 'java|-1|14|1000|33|cpu_core/cycles/'],
    ['java 14 1.000000: 33   page-faults: ', 'java|-1|14|1000|33|page-faults'],
    ['java 14 1.000000: ', 'java|-1|14|1000||'],
    [
      '            perf  6447 16450.092164:          1 cache-references:  ffffffffb4343bad [unknown] ([kernel.kallsyms])',
      'perf|-1|6447|16450092.164|1|cache-references',
    ],
    ['indexer 32212  5630.967724: PERF_RECORD_LOST lost 2', 'record LOST: lost 2'],
    ['java 14/14 0.000000: PERF_RECORD_COMM: http-nio:14/33', 'record COMM:: http-nio:14/33'],
    [
      'java 14/14 0.000000: PERF_RECORD_MMAP2 14/14: [0x55(0x1000) @ 0 08:01 1 2]: r-xp /bin/a',
      'record MMAP2: 14/14: [0x55(0x1000) @ 0 08:01 1 2]: r-xp /bin/a',
    ],
    ['Failed to open /tmp/perf-12.map, continuing without symbols', 'no header'],
    ['Warning:', 'no header'],
    ['addr2line: /lib/x.so: no symbols', 'no header'],
  ])('%j is read from the right of its time', (line, expected) => {
    expect(describeHeader(line)).toBe(expected);
  });
});

describe('stack line', () => {
  test.each([
    [
      '\t    7f443cc6f090 _start+0x1b (/lib/x86_64-linux-gnu/ld-2.27.so)',
      '7f443cc6f090|_start|/lib/x86_64-linux-gnu/ld-2.27.so',
    ],
    ['\t          401b97 f+0x1f (/usr/lib/x.so (deleted))', '401b97|f|/usr/lib/x.so (deleted)'],
    ['\t          401b97 f (/a b/lib.so)', '401b97|f|/a b/lib.so'],
    [
      '\tffffffffb4343bad boot+0x3 ([kernel.kallsyms].init.text)',
      'ffffffffb4343bad|boot|[kernel.kallsyms].init.text',
    ],
    ['\t 1 operator()(int)+0x4 (inlined)', '1|operator()(int)|inlined'],
    ['\t 1 <impl Fn() -> T>::f ([JIT app cache])', '1|<impl Fn() -> T>::f|[JIT app cache]'],
    [
      '\t 13a80b608e0a RegExp:[&<>\\"\\\'] (/tmp/perf-7539.map)',
      '13a80b608e0a|RegExp:[&<>\\"\\\']|/tmp/perf-7539.map',
    ],
    ['\t 1 Lorg/a/B;::call (/tmp/perf-7.map)', '1|Lorg/a/B;::call|/tmp/perf-7.map'],
    ['\t 1 bytes.(*Buffer).WriteByte+0x2 (/srv/app)', '1|bytes.(*Buffer).WriteByte|/srv/app'],
    ['\t 1 _start+0xffff018fd5dce000 (/bin/a)', '1|_start|/bin/a'],
    ['\t 1 a+0x2b+0x3 (/bin/a)', '1|a+0x2b|/bin/a'],
    ['\t 1  (/bin/a)', '1||/bin/a'],
    ['\t               0 [unknown] ([unknown])', '0|[unknown]|[unknown]'],
    ['\t 7f443cc6f090', '7f443cc6f090||'],
    ['\t 7f443cc6f090 operator()(int)', '7f443cc6f090|operator()(int)|'],
    ['7f443cc6f090 main (/bin/a)', '7f443cc6f090|main|/bin/a'],
    ['        b3cea6c4\tLock::unlock() (/system/lib/libc.so)', 'b3cea6c4|Lock::unlock()|/system/lib/libc.so'],
    ['\t 1 main (/bin/a) 0x12/0x15/P/-/-/3', '1|main|/bin/a'],
    ['\t 1 foo(int) (/tmp/a)b/x.so)', '1|foo(int)|/tmp/a)b/x.so'],
    ['\t 1 __proto__ (/bin/a)', '1|__proto__|/bin/a'],
    ['          THIS_IS_A_WEIRD_LINE', 'no frame'],
    ['  file.c:12', 'no frame'],
  ])('%j is address, symbol and module', (line, expected) => {
    const frame = parseFrameLine(line);
    expect(frame === null ? 'no frame' : [frame.address, frame.symbol, frame.module].join('|')).toBe(
      expected,
    );
  });
});

test('the longest and oddest lines are judged quickly', () => {
  const long = 1_000_000;
  const lines = ['1 ', '::', ' (', '12 a', '.(', '((', ') ', '\t', '1/', '[1] '].map((piece) =>
    piece.repeat(long / piece.length),
  );
  const begin = performance.now();
  for (const line of lines) {
    for (const start of ['', '\t 1 ', 'java 1 ', 'java 14 1.000000: ']) {
      describeHeader(start + line);
      parseFrameLine(start + line);
    }
  }
  expect(performance.now() - begin).toBeLessThan(5_000);
});
