/** Writes flight recordings byte by byte: what no JVM would write, and what async-profiler writes. */

export type Bytes = readonly number[];

export type ChunkParts = {
  classes?: readonly JfrClass[];
  /** Constant pool events, in the order of the file. */
  pools?: readonly (readonly Pool[])[];
  /** Values of the fields, by event. */
  events?: readonly (readonly [typeId: number, ...values: Bytes[]])[];
  /** Replaces a number of the header. */
  header?: Partial<Record<keyof typeof headerFields, bigint>>;
  /** Replaces the links between constant pool events. */
  deltas?: readonly number[];
  /** Integers of fixed size instead of LEB128. */
  isFixed?: boolean;
};
export type Pool = {
  typeId: number;
  entries: readonly (readonly [id: number | bigint, ...values: Bytes[]])[];
};
export type JfrClass = { id: number; name: string; fields?: readonly JfrField[] };
type JfrField = { name: string; typeId: number; isReference?: boolean; isArray?: boolean };

const headerFields = {
  size: 8,
  pools: 16,
  metadata: 24,
  startNs: 32,
  durationNs: 40,
  startTicks: 48,
  perSecond: 56,
};
const headerBytes = 68;

/** Numbers and texts as one of the two forms of the format has them. */
export class JfrValues {
  readonly #isFixed: boolean;

  constructor(isFixed: boolean) {
    this.#isFixed = isFixed;
  }

  long(value: number | bigint): Bytes {
    if (!this.#isFixed) return leb(value);
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(value)));
    return [...bytes];
  }

  int(value: number): Bytes {
    if (!this.#isFixed) return leb(value);
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value | 0);
    return [...bytes];
  }

  text(value: string): Bytes {
    const bytes = Buffer.from(value, 'utf8');
    return [3, ...this.int(bytes.length), ...bytes];
  }

  array(elements: readonly Bytes[]): Bytes {
    return [...this.int(elements.length), ...elements.flat()];
  }
}

/** Negative numbers take nine bytes. */
function leb(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn && bytes.length < 8) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

export const ids = {
  long: 10,
  int: 11,
  boolean: 12,
  string: 13,
  thread: 20,
  trace: 21,
  frame: 22,
  method: 23,
  class: 24,
  symbol: 25,
  frameType: 26,
  state: 27,
  execution: 100,
  wallClock: 101,
  allocation: 102,
} as const;

const reference = (name: string, typeId: number) => ({ name, typeId, isReference: true });
const number = (name: string) => ({ name, typeId: ids.long });
const sampled = [
  number('startTime'),
  reference('sampledThread', ids.thread),
  reference('stackTrace', ids.trace),
  reference('state', ids.state),
];

/** What async-profiler declares, as far as samples need it. */
export const usualClasses: readonly JfrClass[] = [
  { id: ids.long, name: 'long' },
  { id: ids.int, name: 'int' },
  { id: ids.boolean, name: 'boolean' },
  { id: ids.string, name: 'java.lang.String' },
  {
    id: ids.thread,
    name: 'java.lang.Thread',
    fields: [
      { name: 'osName', typeId: ids.string },
      number('osThreadId'),
      { name: 'javaName', typeId: ids.string },
      number('javaThreadId'),
    ],
  },
  {
    id: ids.trace,
    name: 'jdk.types.StackTrace',
    fields: [
      { name: 'truncated', typeId: ids.boolean },
      { name: 'frames', typeId: ids.frame, isArray: true },
    ],
  },
  {
    id: ids.frame,
    name: 'jdk.types.StackFrame',
    fields: [
      reference('method', ids.method),
      { name: 'lineNumber', typeId: ids.int },
      { name: 'bytecodeIndex', typeId: ids.int },
      reference('type', ids.frameType),
    ],
  },
  {
    id: ids.method,
    name: 'jdk.types.Method',
    fields: [
      reference('type', ids.class),
      reference('name', ids.symbol),
      reference('descriptor', ids.symbol),
    ],
  },
  { id: ids.class, name: 'java.lang.Class', fields: [reference('name', ids.symbol)] },
  { id: ids.symbol, name: 'jdk.types.Symbol', fields: [{ name: 'string', typeId: ids.string }] },
  { id: ids.frameType, name: 'jdk.types.FrameType', fields: [{ name: 'description', typeId: ids.string }] },
  { id: ids.state, name: 'jdk.types.ThreadState', fields: [{ name: 'name', typeId: ids.string }] },
  { id: ids.execution, name: 'jdk.ExecutionSample', fields: sampled },
  {
    id: ids.wallClock,
    name: 'profiler.WallClockSample',
    fields: [...sampled, { name: 'samples', typeId: ids.int }],
  },
  {
    id: ids.allocation,
    name: 'jdk.ObjectAllocationOutsideTLAB',
    fields: [
      number('startTime'),
      reference('eventThread', ids.thread),
      reference('stackTrace', ids.trace),
      number('allocationSize'),
    ],
  },
];

export function writeChunk(parts: ChunkParts): Buffer {
  const { classes = usualClasses, pools = [[]], events = [], isFixed = false } = parts;
  const values = new JfrValues(isFixed);
  const body: number[] = [];
  const push = (typeId: number, content: Bytes) => {
    const at = headerBytes + body.length;
    for (const byte of sized(values, [...values.long(typeId), ...content])) body.push(byte);
    return at;
  };
  for (const [typeId, ...fields] of events) push(typeId, fields.flat());
  const metadata = push(0, [
    ...values.long(0),
    ...values.long(0),
    ...values.long(1),
    ...writeTree(values, classes),
  ]);
  let last = 0;
  pools.forEach((list, place) => {
    const at = headerBytes + body.length;
    const delta = parts.deltas?.[place] ?? (place === 0 ? 0 : last - at);
    const content = list.map(({ typeId, entries }) => [
      ...values.long(typeId),
      ...values.array(entries.map(([id, ...fields]) => [...values.long(id), ...fields.flat()])),
    ]);
    last = push(1, [
      ...values.long(0),
      ...values.long(0),
      ...values.long(delta),
      0,
      ...values.array(content),
    ]);
  });
  const head = Buffer.alloc(headerBytes);
  head.write('FLR\0', 'latin1');
  head.writeUInt16BE(2, 4);
  head[67] = isFixed ? 0 : 1;
  const numbers = {
    size: BigInt(headerBytes + body.length),
    pools: BigInt(last),
    metadata: BigInt(metadata),
    startNs: 1_700_000_000_000_000_000n,
    durationNs: 10_000_000_000n,
    startTicks: 1_000n,
    perSecond: 1_000_000n,
    ...parts.header,
  };
  for (const [name, at] of Object.entries(headerFields)) {
    head.writeBigInt64BE(numbers[name as keyof typeof headerFields], at);
  }
  return Buffer.concat([head, Buffer.from(body)]);
}

/** The size counts its own bytes too. */
function sized(values: JfrValues, content: Bytes): Bytes {
  let size = content.length + values.int(content.length).length;
  if (size !== content.length + values.int(size).length) size += 1;
  return [...values.int(size), ...content];
}

type Element = { name: string; attributes: Record<string, string>; children: Element[] };

function writeTree(values: JfrValues, classes: readonly JfrClass[]): Bytes {
  const tree: Element = {
    name: 'root',
    attributes: {},
    children: [
      {
        name: 'metadata',
        attributes: {},
        children: classes.map(({ id, name, fields = [] }) => ({
          name: 'class',
          attributes: { id: String(id), name },
          children: fields.map((field) => ({
            name: 'field',
            attributes: {
              name: field.name,
              class: String(field.typeId),
              ...(field.isReference === true && { constantPool: 'true' }),
              ...(field.isArray === true && { dimension: '1' }),
            },
            children: [],
          })),
        })),
      },
    ],
  };
  const texts: string[] = [];
  const index = (text: string) => {
    if (!texts.includes(text)) texts.push(text);
    return values.int(texts.indexOf(text));
  };
  const write = ({ name, attributes, children }: Element): Bytes => [
    ...index(name),
    ...values.array(Object.entries(attributes).map(([key, value]) => [...index(key), ...index(value)])),
    ...values.array(children.map(write)),
  ];
  const content = write(tree);
  return [...values.array(texts.map((text) => values.text(text))), ...content];
}
