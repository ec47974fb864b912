import { expect, test } from 'vitest';
import { formatFolded } from '../../../storage/profile/folded.ts';
import { sumSamples } from '../../../storage/profile/selection.ts';
import { describeSamples, ingest } from './recordings.ts';

test('folded stacks are read with counts, whole and fractional', async () => {
  const profile = await ingest('main;handle;parse 3\nmain;handle 1.5\nmain;handle;parse 2\n');
  expect(describeSamples(profile)).toEqual([
    '/-1 main;handle;parse',
    '/-1 main;handle',
    '/-1 main;handle;parse',
  ]);
  expect([...profile.samples.count]).toEqual([3, 1.5, 2]);
  expect(profile.recording).toMatchObject({ format: 'folded', hasTimes: false });
});

test('marks of collapsers become kinds', async () => {
  const profile = await ingest('java;run_[j];read_[i];sys_read_[k];f_[0];g_[1];[unknown];[libc.so.6] 1\n');
  expect(describeSamples(profile)).toEqual([
    '/-1 java;run_[j];read_[i];sys_read_[k];f_[j];g_[j];[unknown]_[?];[libc.so.6]_[?]',
  ]);
});

test('names with blanks, numbers and brackets keep them', async () => {
  const profile = await ingest('index shard 0;std::function<int (int)> 12;b 3 4\n');
  expect(describeSamples(profile)).toEqual(['/-1 index shard 0;std::function<int (int)> 12;b 3']);
  expect([...profile.samples.count]).toEqual([4]);
});

test('comments are skipped, lines without a count are counted', async () => {
  const profile = await ingest('# mode: wall\n// more\na;b 1\na;b 1\na;b 1\na;b 1\na;b 1\ninvalid line\n\n');
  expect(sumSamples(profile)).toBe(5);
  expect(profile.recording.warnings).toEqual([{ text: 'folded stacks: a line without a count', count: 1 }]);
});

test('what is written is read again', async () => {
  const profile = await ingest('main;handle;parse 3\nmain;handle;render 1\nmain 2\n');
  const again = await ingest([...formatFolded(profile)].map((line) => line.replace(/^;/, '')).join('\n'));
  expect([...formatFolded(again)]).toEqual([...formatFolded(profile)]);
});

test.each([
  ['a log', '2026-01-01 12:00:00 started\n2026-01-01 12:00:01 listening on 8080\n'],
  ['counted words without stacks', 'apples 3\npears 4\n'],
  ['prose with a semicolon', 'It works; mostly.\nSee chapter 3\n'],
])('%s is no folded recording', async (_, text) => {
  await expect(ingest(text)).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
});

test.each([
  ['stackDepth', { stackDepth: 2 }],
  ['sampleCount', { sampleCount: 1 }],
  ['frameNameBytes', { frameNameBytes: 4 }],
])('limits.%s is kept', async (name, changed) => {
  const reading = ingest('main;handle;parse 3\nmain;handle 1\n', changed);
  await expect(reading).rejects.toMatchObject({
    code: 'RECORDING_TOO_LARGE',
    message: expect.stringContaining(`limits.${name}`),
  });
});
