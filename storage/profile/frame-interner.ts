import { FrameKind, type FrameTable } from './profile.ts';

/** One frame as it is given in; `file` and `line` are '' and 0 where the recording does not have them. */
export type FrameDescription = {
  name: string;
  module: string;
  kind: FrameKind;
  file?: string;
  line?: number;
};

/** Gives equal frames one row of a frame table. */
export class FrameInterner {
  // A Map, not an object: frames may be called `__proto__` or `constructor`.
  readonly #rows = new Map<string, number>();
  readonly #frames: Required<FrameDescription>[] = [];

  get length(): number {
    return this.#frames.length;
  }

  intern({ name, module, kind, file = '', line = 0 }: FrameDescription): number {
    const key = `${kind} ${line} ${module.length} ${file.length} ${module}${file}${name}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#frames.length;
    this.#rows.set(key, row);
    this.#frames.push({ name, module, kind, file, line });
    return row;
  }

  toTable(): FrameTable {
    return {
      name: this.#frames.map((frame) => frame.name),
      module: this.#frames.map((frame) => frame.module),
      kind: Uint8Array.from(this.#frames, (frame) => frame.kind),
      file: this.#frames.map((frame) => frame.file),
      line: Uint32Array.from(this.#frames, (frame) => frame.line),
    };
  }
}

/** Row `row` of a frame table as one value. */
export function describeFrame(frames: FrameTable, row: number): Required<FrameDescription> {
  return {
    name: frames.name[row] ?? '',
    module: frames.module[row] ?? '',
    kind: (frames.kind[row] ?? FrameKind.Unknown) as FrameKind,
    file: frames.file[row] ?? '',
    line: frames.line[row] ?? 0,
  };
}
