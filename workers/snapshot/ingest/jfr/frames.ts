import { FrameKind } from '../../../../storage/profile/profile.ts';
import type { ReadContext } from '../format.ts';
import { tooLarge } from '../recording-errors.ts';
import { type Chunk, damaged } from './chunk.ts';
import type { ConstantPools } from './constant-pools.ts';
import type { Id } from './cursor.ts';
import type { Layout } from './layouts.ts';

/** A method, or a native function, as its chunk names it. */
type Method = { name: string; module: string; isJava: boolean; isKnown: boolean };

/** What JDK and async-profiler say of how a frame ran. */
const kinds = new Map<string, FrameKind>([
  ['Interpreted', FrameKind.Script],
  ['JIT compiled', FrameKind.Jit],
  ['C1 compiled', FrameKind.Jit],
  ['Inlined', FrameKind.Inlined],
  ['C++', FrameKind.Native],
  ['Kernel', FrameKind.Kernel],
]);
/** A class made at run time, `Main$$Lambda$88+0x00007f954c007a08/937773018`; Java writes `Main$$Lambda$88/0x00…08`. */
const hiddenClass = /[+/.](0x[0-9a-f]+)(?:\/\d+)?$/;

/** What async-profiler puts in place of a method that has no Java type. */
const nativeDescriptor = '()L;';
/** Its words for stacks it could not walk. */
const noFrame = /^(?:GC_active|unknown|(?:unknown|not_walkable)(?:_not)?_Java|no_Java_frame|thread_exit)$/;
/** A function without a symbol is called by its library. */
const library = /^\/.*\.(?:so|dylib|dll)(?:\.\d+)*$/;
const unknownMethod: Method = { name: '[unknown]', module: '', isJava: false, isKnown: false };

/** Of all names of a chunk, beyond its own size: class names are said once, and stand in the name of each method. */
const leastNameBudget = 32 * 1024 ** 2;

/** The methods of one chunk as frames of the profile. One method is one frame, whichever of its lines ran. */
export class ChunkFrames {
  readonly #pools: ConstantPools;
  readonly #context: ReadContext;
  readonly #chunk: Chunk;
  readonly #methods = new Map<Id, Method>();
  readonly #types = new Map<Id, string>();
  /** Rows of a method by the kind it ran as. */
  readonly #rows = new Map<Id, number[]>();
  #namedCharacters = 0;

  constructor(chunk: Chunk, pools: ConstantPools, context: ReadContext) {
    this.#chunk = chunk;
    this.#pools = pools;
    this.#context = context;
  }

  /** @returns the row of a frame, from what its stack trace refers to */
  find(methods: Layout, method: Id, types: Layout | null, type: Id): number {
    let found = this.#methods.get(method);
    if (found === undefined) {
      found = this.#readMethod(methods, method);
      this.#methods.set(method, found);
    }
    const kind = this.#kindOf(found, types === null ? '' : this.#readType(types, type));
    let rows = this.#rows.get(method);
    if (rows === undefined) {
      rows = [];
      this.#rows.set(method, rows);
    }
    rows[kind] ??= this.#context.builder.frame({ name: found.name, module: found.module, kind });
    return rows[kind];
  }

  #kindOf({ isKnown, isJava }: Method, type: string): FrameKind {
    if (!isKnown) return FrameKind.Unknown;
    // A Java method that is written in C runs through a wrapper the JVM compiled for it.
    if (type === 'Native') return isJava ? FrameKind.Jit : FrameKind.Native;
    return kinds.get(type) ?? (isJava ? FrameKind.Script : FrameKind.Native);
  }

  #readType(types: Layout, type: Id): string {
    let text = this.#types.get(type);
    if (text === undefined) {
      text = this.#pools.readText(this.#pools.readPath(types, type, ['description']));
      this.#types.set(type, text);
    }
    return text;
  }

  #readMethod(methods: Layout, method: Id): Method {
    const readSymbol = (path: string[]) =>
      this.#pools.readText(this.#pools.readPath(methods, method, [...path, 'string']));
    const name = readSymbol(['name']);
    const owner = readSymbol(['type', 'name']);
    if (name === '') {
      // JVMs lose a few when they end a chunk.
      this.#context.builder.warn('JFR: a method that the recording does not name');
      return unknownMethod;
    }
    this.#checkLength(name.length + owner.length);
    const isJava = owner !== '' && readSymbol(['descriptor']) !== nativeDescriptor;
    return isJava ? nameJavaMethod(owner, name) : nameFunction(owner, name);
  }

  /** A few long names can be put together to a great many. */
  #checkLength(length: number): void {
    const { place, bytes } = this.#chunk;
    if (length > this.#context.limits.frameNameBytes) {
      throw tooLarge(place.name, `a method's name has ${length} characters`, 'frameNameBytes');
    }
    this.#namedCharacters += length;
    if (this.#namedCharacters > leastNameBudget + bytes.length) {
      const state = `makes names of more than ${this.#namedCharacters} characters out of ${bytes.length} bytes`;
      throw damaged(place, this.#chunk.header.poolsAt, state);
    }
  }
}

function nameJavaMethod(owner: string, name: string): Method {
  const hidden = hiddenClass.exec(owner);
  const className = owner.slice(0, hidden?.index).replaceAll('/', '.');
  const address = hidden === null ? '' : `/${hidden[1]}`;
  return { name: `${className}${address}.${name}`, module: '', isJava: true, isKnown: true };
}

/** @param module the file it lies in, where async-profiler noted it */
function nameFunction(module: string, name: string): Method {
  if (noFrame.test(name)) return { ...unknownMethod, name: `[${name}]` };
  if (library.test(name)) return { ...unknownMethod, module: name };
  return { name, module, isJava: false, isKnown: true };
}
