import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import type { RecordingFormat } from './format.ts';
import { formats } from './formats.ts';
import type { OpenedFile } from './open-recording.ts';

const gperftools = 'a CPU profile of gperftools, the form before pprof (pprof -proto converts it)';

/** What is known to be met, and not read. */
const otherFormats: readonly (readonly [magic: string, name: string])[] = [
  ['JiTD', 'a jitdump'],
  ['PERFFILE', 'a perf.data of before 2010'],
  ['\xfd7zXZ', 'compressed with xz'],
  ['BZh', 'compressed with bzip2'],
  ['PK\x03\x04', 'a zip archive'],
  ['\x7fELF', 'a program'],
  // Words of 8 and of 4 bytes, little and big end first: 0, 3, 0, period.
  [`${'\0'.repeat(8)}\x03${'\0'.repeat(15)}`, gperftools],
  [`${'\0'.repeat(15)}\x03${'\0'.repeat(8)}`, gperftools],
  [`${'\0'.repeat(4)}\x03${'\0'.repeat(7)}`, gperftools],
  [`${'\0'.repeat(7)}\x03${'\0'.repeat(4)}`, gperftools],
  ['heap profile:', 'a heap profile of gperftools'],
  ['--- contention', 'a contention profile of gperftools'],
];

/** How much of a recording is looked at, step by step, until some format is sure. */
const stepsBytes = [64 * 1024, 1024 ** 2, 4 * 1024 ** 2];

/** @returns null when no format recognises it */
export async function detectFormat(file: OpenedFile): Promise<RecordingFormat | null> {
  for (const step of stepsBytes) {
    const { bytes, isWhole } = await file.chunks.peek(step);
    const answers = await Promise.all(formats.map((format) => format.sniff(bytes, isWhole)));
    const sure = answers.indexOf('yes');
    if (sure !== -1) return formats[sure]!;
    if (isWhole || !answers.includes('need-more')) return null;
  }
  return null;
}

const tarMagicAt = 257;

export async function isTar(file: OpenedFile): Promise<boolean> {
  const { bytes } = await file.chunks.peek(512);
  return bytes.toString('latin1', tarMagicAt, tarMagicAt + 5) === 'ustar';
}

export async function isEmpty(file: OpenedFile): Promise<boolean> {
  const { bytes, isWhole } = await file.chunks.peek(1);
  return isWhole && bytes.length === 0;
}

/** Says what was tried, and on which line it failed. */
export async function describeUnknown(file: OpenedFile): Promise<AvalancheError> {
  const { bytes } = await file.chunks.peek(1);
  const text = bytes.subarray(0, stepsBytes[0]).toString('latin1');
  const other = otherFormats.find(([magic]) => text.startsWith(magic));
  const tried = formats.map(({ name }) => name).join(', ');
  const lines = text.split(/\r?\n/);
  const place = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#'));
  const shown = showOutsideName(Buffer.from(lines[place] ?? '', 'latin1').toString('utf8'));
  const state =
    other === undefined
      ? `neither of ${tried}: line ${place + 1} is "${shown}"`
      : `it is ${other[1]} (${tried} are read)`;
  return new AvalancheError('FORMAT_UNKNOWN', `Cannot read "${file.name}": ${state}`);
}
