import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { readPerfDataState } from './perf-data-header.ts';

export type Segment = { name: string; path: string; bytes: number };

/**
 * The beginning of a perf.data, and what follows. Segments that `perf record --switch-output` cut from one
 * recording have the same head but for the size of their records.
 *
 *     head: header, attributes │ records │ table of features │ features
 */
type Layout = { head: Buffer; dataBytes: number };

const magic = 'PERFILE2';
const headerBytes = 104;
const dataAt = 40;
const featureBitsAt = 72;
const sectionBytes = 16;
/** Attributes of a few events are some hundred bytes. */
const largestHead = 64 * 1024;
/** Their content points into the file (AUXTRACE), or runs on from record to record (COMPRESSED). */
const featuresThatForbid = [18n, 27n];
/** A second map of threads or CPUs makes perf script complain. Both stand among the first records. */
const mapRecords = new Set([73, 74]);
const firstRecordsBytes = 64 * 1024;

/**
 * Puts segments of one recording together, so that one run of perf script reads them all. perf script
 * takes a second of CPU to read the symbols of Node or the JVM, however short the segment: seven of 2 s
 * took 6.6 s one by one and 1.1 s together, with the same output.
 *
 * @param segments in order of time; any that are no perf.data, unfinished, damaged or of another recording
 *   stay as they are
 * @param path names a file to make for the nth group; its folder exists
 * @returns as few recordings as can be, in the same order
 */
export async function joinSegments(
  segments: readonly Segment[],
  path: (index: number) => string,
): Promise<Segment[]> {
  const groups: { layout: Layout | null; segments: Segment[]; dataBytes: number[] }[] = [];
  for (const segment of segments) {
    const layout = await readLayout(segment.path);
    const group = groups.at(-1);
    if (layout !== null && group?.layout?.head.equals(layout.head)) {
      group.segments.push(segment);
      group.dataBytes.push(layout.dataBytes);
    } else {
      groups.push({ layout, segments: [segment], dataBytes: [layout?.dataBytes ?? 0] });
    }
  }
  const joined: Segment[] = [];
  for (const [index, { layout, segments: members, dataBytes }] of groups.entries()) {
    const [first] = members;
    if (first === undefined) continue;
    if (layout === null || members.length === 1) joined.push(first);
    else joined.push(await writeJoined(layout.head, members, dataBytes, path(index)));
  }
  return joined;
}

/** The head has zeros for the size of the records; null for what cannot be joined. */
async function readLayout(path: string): Promise<Layout | null> {
  const buffer = await readAt(path, 0, largestHead);
  const isOurs = buffer.length >= headerBytes && buffer.toString('latin1', 0, magic.length) === magic;
  if (!isOurs || buffer.readBigUInt64LE(magic.length) !== BigInt(headerBytes)) return null;
  const dataOffset = Number(buffer.readBigUInt64LE(dataAt));
  const features = buffer.readBigUInt64LE(featureBitsAt);
  if (dataOffset < headerBytes || dataOffset > buffer.length) return null;
  if (featuresThatForbid.some((bit) => (features >> bit) & 1n)) return null;
  if ((await readPerfDataState(path)).state !== 'whole') return null;
  const dataBytes = Number(buffer.readBigUInt64LE(dataAt + 8));
  const head = buffer.subarray(0, dataOffset);
  head.writeBigUInt64LE(0n, dataAt + 8);
  return { head, dataBytes };
}

/** As many of the bytes as there are. */
async function readAt(path: string, position: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function writeJoined(
  head: Buffer,
  segments: readonly Segment[],
  dataBytes: readonly number[],
  path: string,
): Promise<Segment> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(head);
    for (const [index, segment] of segments.entries()) {
      await copyRecords(
        segment.path,
        { start: head.length, bytes: dataBytes[index] ?? 0, isFirst: index === 0 },
        file,
      );
    }
    const { size: end } = await file.stat();
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(end - head.length));
    const [first] = segments;
    if (first !== undefined)
      await copyFeatures(first.path, { head, start: head.length + (dataBytes[0] ?? 0), end }, file);
    await file.write(size, 0, size.length, dataAt + 8);
    return { name: first?.name ?? path, path, bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function copyRecords(
  path: string,
  { start, bytes, isFirst }: { start: number; bytes: number; isFirst: boolean },
  target: FileHandle,
): Promise<void> {
  let skipped = 0;
  if (!isFirst) {
    const beginning = await readAt(path, start, Math.min(bytes, firstRecordsBytes));
    for (const record of wholeRecords(beginning)) {
      skipped += record.length;
      if (!mapRecords.has(record.readUInt32LE(0))) await target.writeFile(record);
    }
  }
  if (skipped === bytes) return;
  await target.writeFile(createReadStream(path, { start: start + skipped, end: start + bytes - 1 }));
}

/** Each record begins with its type (4 bytes), flags (2) and length (2). */
function* wholeRecords(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at + 6);
    if (length < 8 || at + length > bytes.length) return;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** The features of the first segment, with the table's offsets moved to where they now are. */
async function copyFeatures(
  path: string,
  { head, start, end }: { head: Buffer; start: number; end: number },
  target: FileHandle,
): Promise<void> {
  const tableBytes = countBits(head.subarray(featureBitsAt, headerBytes)) * sectionBytes;
  const table = await readAt(path, start, tableBytes);
  for (let at = 0; at < tableBytes; at += sectionBytes) {
    table.writeBigUInt64LE(table.readBigUInt64LE(at) + BigInt(end - start), at);
  }
  await target.writeFile(table);
  const { size } = await stat(path);
  if (size > start + tableBytes)
    await target.writeFile(createReadStream(path, { start: start + tableBytes }));
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest &= rest - 1) count += 1;
  return count;
}
