import { type FileHandle, open } from 'node:fs/promises';

export type PerfDataState =
  | { state: 'whole' }
  /** perf record fills in the size of its data when it is done: until then, and after a kill, it is 0. */
  | { state: 'unfinished' }
  | { state: 'cut'; fileBytes: number; wantedBytes: number };

const magic = 'PERFILE2';
const swappedMagic = '2ELIFREP';

const headerBytes = 104;
/** Of a recording written to a pipe: nothing in it tells where the end should be. */
const pipeHeaderBytes = 16;
const dataAt = 40;
const featureBitsAt = 72;
const sectionBytes = 16;

/** Judges by the first bytes: 'need-more' when there are too few of them. */
export function sniffPerfData(beginning: Buffer): 'yes' | 'no' | 'need-more' {
  const first = beginning.toString('latin1', 0, magic.length);
  if (first === magic || first === swappedMagic) return 'yes';
  return magic.startsWith(first) || swappedMagic.startsWith(first) ? 'need-more' : 'no';
}

/**
 * Says whether a perf.data is all there, which perf itself does not: it makes do with what it finds, or
 * says "incompatible file format".
 *
 *     header │ attributes │ records │ table of features │ features
 *      └── where the records are, a bit for each feature      └── where each feature is
 *
 * @see tools/perf/Documentation/perf.data-file-format.txt in the Linux sources
 */
export async function readPerfDataState(path: string): Promise<PerfDataState> {
  const file = await open(path);
  try {
    return await readState(file);
  } finally {
    await file.close();
  }
}

async function readState(file: FileHandle): Promise<PerfDataState> {
  const { size: fileBytes } = await file.stat();
  const cut = (wantedBytes: number): PerfDataState => ({ state: 'cut', fileBytes, wantedBytes });
  const { buffer: header } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
  const isLittleEndian = header.toString('latin1', 0, magic.length) === magic;
  const readNumber = (bytes: Buffer, at: number) =>
    Number(isLittleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  if (fileBytes >= pipeHeaderBytes && readNumber(header, 8) === pipeHeaderBytes) return { state: 'whole' };
  if (fileBytes < headerBytes) return cut(headerBytes);
  const dataBytes = readNumber(header, dataAt + 8);
  if (dataBytes === 0) return { state: 'unfinished' };

  const tableAt = readNumber(header, dataAt) + dataBytes;
  const tableBytes = countBits(header.subarray(featureBitsAt)) * sectionBytes;
  if (tableAt + tableBytes > fileBytes) return cut(tableAt + tableBytes);
  const { buffer: table } = await file.read(Buffer.alloc(tableBytes), 0, tableBytes, tableAt);
  let wantedBytes = tableAt + tableBytes;
  for (let at = 0; at < tableBytes; at += sectionBytes) {
    wantedBytes = Math.max(wantedBytes, readNumber(table, at) + readNumber(table, at + 8));
  }
  return wantedBytes > fileBytes ? cut(wantedBytes) : { state: 'whole' };
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest &= rest - 1) count += 1;
  return count;
}
