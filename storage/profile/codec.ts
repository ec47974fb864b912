import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { AvalancheError } from '../errors.ts';
import { NO_STACK, type Profile } from './profile.ts';

/**
 * The stored form of a profile. Changes are listed in storage/profile/FORMAT.md.
 *
 *     "AVPROFIL"  version u32   header bytes u32   zstd( header JSON, padding, columns )
 *
 * Numbers are little-endian. The header holds everything that is text; a column begins at a multiple of 8
 * so that it can be viewed in place.
 */
const magic = Buffer.from('AVPROFIL', 'latin1');
const version = 1;
const preambleBytes = magic.length + 8;
/** A profile of 10 million samples and a million stacks has 340 MB of columns. */
const maximumBodyBytes = 2 * 1024 ** 3;

const columnTypes = { Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array };
type ColumnType = keyof typeof columnTypes;
type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;
type ColumnEntry = { name: string; type: ColumnType; length: number };

type Header = Pick<Profile, 'recording' | 'events' | 'threads'> & {
  frames: Pick<Profile['frames'], 'name' | 'module' | 'file'>;
  columns: ColumnEntry[];
};

export function encodeProfile(profile: Profile): Uint8Array {
  const columns = columnsOf(profile);
  const { name, module, file } = profile.frames;
  const header: Header = {
    recording: profile.recording,
    events: profile.events,
    threads: profile.threads,
    frames: { name, module, file },
    columns: columns.map(([column, values]) => ({
      name: column,
      type: values.constructor.name as ColumnType,
      length: values.length,
    })),
  };
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8');
  const parts: Uint8Array[] = [headerBytes, new Uint8Array(paddingAfter(headerBytes.length))];
  for (const [, values] of columns) {
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    parts.push(new Uint8Array(paddingAfter(values.byteLength)));
  }
  const preamble = Buffer.alloc(preambleBytes);
  magic.copy(preamble);
  preamble.writeUInt32LE(version, magic.length);
  preamble.writeUInt32LE(headerBytes.length, magic.length + 4);
  return Buffer.concat([preamble, zstdCompressSync(Buffer.concat(parts))]);
}

/**
 * @throws AvalancheError RECORDING_DAMAGED when the bytes are no whole profile; PROFILE_VERSION when
 * another version of the program wrote them
 */
export function decodeProfile(bytes: Uint8Array): Profile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < preambleBytes || !file.subarray(0, magic.length).equals(magic)) {
    throw damaged('it does not begin with "AVPROFIL"');
  }
  const found = file.readUInt32LE(magic.length);
  if (found !== version) {
    throw new AvalancheError(
      'PROFILE_VERSION',
      `Cannot read the stored profile: its format is version ${found} (this program reads ${version})`,
    );
  }
  const body = decompress(file.subarray(preambleBytes));
  const headerLength = file.readUInt32LE(magic.length + 4);
  const header = readHeader(body.subarray(0, headerLength));
  const profile = toProfile(header, readColumns(body, headerLength, header.columns));
  checkRows(profile);
  return profile;
}

function columnsOf({ frames, stacks, samples }: Profile): [string, Column][] {
  return [
    ['frames.kind', frames.kind],
    ['frames.line', frames.line],
    ['stacks.parent', stacks.parent],
    ['stacks.frame', stacks.frame],
    ['samples.timeMs', samples.timeMs],
    ['samples.thread', samples.thread],
    ['samples.stack', samples.stack],
    ['samples.event', samples.event],
    ['samples.count', samples.count],
    ['samples.weight', samples.weight],
  ];
}

function toProfile(
  header: Header,
  column: <T extends Column>(name: string, type: new () => T) => T,
): Profile {
  return {
    recording: header.recording,
    events: header.events,
    threads: header.threads,
    frames: {
      ...header.frames,
      kind: column('frames.kind', Uint8Array),
      line: column('frames.line', Uint32Array),
    },
    stacks: { parent: column('stacks.parent', Int32Array), frame: column('stacks.frame', Uint32Array) },
    samples: {
      timeMs: column('samples.timeMs', Float64Array),
      thread: column('samples.thread', Uint32Array),
      stack: column('samples.stack', Int32Array),
      event: column('samples.event', Uint16Array),
      count: column('samples.count', Float64Array),
      weight: column('samples.weight', Float64Array),
    },
  };
}

function decompress(bytes: Uint8Array): Buffer {
  try {
    const contentBytes = readContentBytes(bytes);
    return zstdDecompressSync(bytes, {
      maxOutputLength: maximumBodyBytes,
      // In one piece: of many they would have to be put together. More than it needs, so that no second one begins.
      ...(contentBytes === null ? {} : { chunkSize: contentBytes + 64 }),
    });
  } catch (cause) {
    throw damaged('its compressed part is cut off or altered', cause);
  }
}

/** What the frame of zstd says of its content; null where it does not, or says what cannot be. */
function readContentBytes(frame: Uint8Array): number | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const descriptor = view.getUint8(4);
  const placeOfSize = 5 + ((descriptor & 0x20) === 0 ? 1 : 0) + [0, 1, 2, 4][descriptor & 3]!;
  // Smaller ones need no care.
  if (descriptor >>> 6 !== 2) return null;
  const bytes = view.getUint32(placeOfSize, true);
  return bytes <= maximumBodyBytes ? bytes : null;
}

function readHeader(bytes: Buffer): Header {
  let header: Header;
  try {
    header = JSON.parse(bytes.toString('utf8')) as Header;
  } catch (cause) {
    throw damaged('its header is no JSON', cause);
  }
  // One altered byte can make another key of it.
  const { recording, events, threads, frames, columns } = header ?? {};
  const lists = [recording?.warnings, events, threads, frames?.name, frames?.module, frames?.file, columns];
  if (!lists.every(Array.isArray)) throw damaged('its header lacks a part');
  return header;
}

function readColumns(body: Buffer, headerLength: number, entries: readonly ColumnEntry[]) {
  const columns = new Map<string, Column>();
  let offset = headerLength + paddingAfter(headerLength);
  for (const { name, type, length } of entries) {
    const Type: (typeof columnTypes)[ColumnType] | undefined = columnTypes[type];
    if (Type === undefined || !Number.isInteger(length) || length < 0) {
      throw damaged(`its column "${name}" is of no known kind`);
    }
    const byteLength = length * Type.BYTES_PER_ELEMENT;
    if (offset + byteLength > body.length) throw damaged(`its column "${name}" is cut off`);
    columns.set(name, viewColumn(Type, body.subarray(offset, offset + byteLength), length));
    offset += byteLength + paddingAfter(byteLength);
  }
  return <T extends Column>(name: string, type: new () => T): T => {
    const column = columns.get(name);
    if (!(column instanceof type)) throw damaged(`its column "${name}" is missing`);
    return column;
  };
}

/** A copy only where the body does not lie at a multiple of 8 in its memory: that of a million samples takes 20 ms. */
function viewColumn(Type: (typeof columnTypes)[ColumnType], bytes: Uint8Array, length: number): Column {
  const { buffer, byteOffset } = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  return new Type(buffer as ArrayBuffer, byteOffset, length);
}

/** Every row points at a row that is there: what follows may index without looking. */
function checkRows({ frames, stacks, samples, threads, events }: Profile): void {
  const frameCount = frames.name.length;
  const stackCount = stacks.parent.length;
  for (const [what, column, rows] of [
    ['frames', [frames.module, frames.file, frames.kind, frames.line], frameCount],
    ['stacks', [stacks.frame], stackCount],
    [
      'samples',
      [samples.thread, samples.stack, samples.event, samples.count, samples.weight],
      samples.timeMs.length,
    ],
  ] as const) {
    if (column.some((values) => values.length !== rows))
      throw damaged(`its columns of ${what} differ in length`);
  }
  for (let row = 0; row < stackCount; row++) {
    const parent = stacks.parent[row]!;
    if (parent < NO_STACK || parent >= row) throw damaged('a stack stands before its caller');
  }
  if (greatest(stacks.frame) >= frameCount) throw damaged('a stack names a frame that is not there');
  if (greatest(samples.stack) >= stackCount || least(samples.stack) < NO_STACK) {
    throw damaged('a sample names a stack that is not there');
  }
  if (greatest(samples.thread) >= threads.length) {
    throw damaged('a sample names a thread that is not there');
  }
  if (greatest(samples.event) >= events.length) throw damaged('a sample names an event that is not there');
}

/** -1 for none. */
function greatest(values: Int32Array | Uint32Array | Uint16Array): number {
  let most = -1;
  for (let row = 0; row < values.length; row++) if (values[row]! > most) most = values[row]!;
  return most;
}

/** 0 for none. */
function least(values: Int32Array): number {
  let least = 0;
  for (let row = 0; row < values.length; row++) if (values[row]! < least) least = values[row]!;
  return least;
}

function paddingAfter(byteLength: number): number {
  return (8 - (byteLength % 8)) % 8;
}

function damaged(why: string, cause?: unknown): AvalancheError {
  return new AvalancheError('RECORDING_DAMAGED', `Cannot read the stored profile: ${why}`, {}, cause);
}
