import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describeFrame } from '../../../storage/profile/frame-interner.ts';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { findFrameKind } from '../ingest/frame-kind.ts';
import { markKind } from '../ingest/kind-marks.ts';
import type { PprofStrings } from './pprof-strings.ts';
import { writeMessage, writeNumber } from './pprof-writing.ts';

/** Frames at one address: the physical one first, then what is inlined in it, from outside to inside. */
type Location = { frames: readonly number[] };
/** Where a stack ends, and the stack its outermost frame of that location was called from. */
type Place = { location: number; caller: number };

/** More than compilers do; a longer row of them goes on in a location of its own. */
const mostInlined = 100;

/**
 * The tables below the samples. A profile keeps no addresses: a location is a function with what is inlined
 * in it, and has the address 0. What kind of frame it is stands as a mark behind the system's name of the
 * function (`alloc_pages_[k]`) where module and inlining do not say it.
 */
export class PprofLocations {
  readonly #profile: Profile;
  readonly #strings: PprofStrings;
  readonly #locations: Location[] = [];
  readonly #ids = new Map<string, number>();
  readonly #places = new Map<number, Place>();

  constructor(profile: Profile, strings: PprofStrings) {
    this.#profile = profile;
    this.#strings = strings;
  }

  /** Location ids of a stack, innermost first. */
  find(stack: number): number[] {
    const ids: number[] = [];
    for (let row = stack; row !== NO_STACK; ) {
      const { location, caller } = this.#findPlace(row);
      ids.push(location);
      row = caller;
    }
    return ids;
  }

  write(writer: BinaryWriter): void {
    const mappings = this.#writeMappings(writer);
    /** True for those that are inlined wherever they stand. */
    const functions = new Map<number, boolean>();
    this.#locations.forEach(({ frames }, index) => {
      writeMessage(writer, 4, () => {
        writeNumber(writer, 1, index + 1);
        writeNumber(writer, 2, mappings.get(this.#profile.frames.module[frames[0]!]!) ?? 0);
        for (const frame of frames.toReversed()) this.#writeLine(writer, frame);
      });
      frames.forEach((frame, depth) => {
        functions.set(frame, depth > 0 && (functions.get(frame) ?? true));
      });
    });
    for (const [frame, isInlined] of functions) this.#writeFunction(writer, frame, isInlined);
  }

  /** Callers first, without recursion: stacks may be as deep as the limit. */
  #findPlace(stack: number): Place {
    const { parent } = this.#profile.stacks;
    const path: number[] = [];
    for (let row = stack; row !== NO_STACK && !this.#places.has(row); row = parent[row]!) path.push(row);
    for (const row of path.toReversed()) this.#places.set(row, this.#makePlace(row));
    return this.#places.get(stack)!;
  }

  #makePlace(row: number): Place {
    const { stacks } = this.#profile;
    const frame = stacks.frame[row]!;
    const outer = stacks.parent[row]!;
    const around = this.#places.get(outer);
    if (around !== undefined && this.#isInlinedIn(frame, around.location)) {
      const { frames } = this.#locations[around.location - 1]!;
      return { location: this.#intern([...frames, frame]), caller: around.caller };
    }
    return { location: this.#intern([frame]), caller: outer };
  }

  #isInlinedIn(frame: number, location: number): boolean {
    const { kind, module } = this.#profile.frames;
    const { frames } = this.#locations[location - 1]!;
    const physical = frames[0]!;
    if (frames.length > mostInlined) return false;
    return kind[frame] === FrameKind.Inlined && module[frame] === module[physical];
  }

  #intern(frames: readonly number[]): number {
    const key = frames.join(' ');
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#locations.push({ frames });
    this.#ids.set(key, id);
    return id;
  }

  #writeMappings(writer: BinaryWriter): Map<string, number> {
    const mappings = new Map<string, number>();
    for (const { frames } of this.#locations) {
      const module = this.#profile.frames.module[frames[0]!]!;
      if (module === '' || mappings.has(module)) continue;
      mappings.set(module, mappings.size + 1);
      writeMessage(writer, 3, () => {
        writeNumber(writer, 1, mappings.size);
        writeNumber(writer, 5, this.#strings.place(module));
        // Nothing is left to be looked up: has_functions, has_filenames, has_line_numbers, has_inline_frames.
        for (const field of [7, 8, 9, 10]) writer.tag(field, WireType.Varint).bool(true);
      });
    }
    return mappings;
  }

  #writeLine(writer: BinaryWriter, frame: number): void {
    writeMessage(writer, 4, () => {
      writeNumber(writer, 1, frame + 1);
      writeNumber(writer, 2, this.#profile.frames.line[frame]!);
    });
  }

  #writeFunction(writer: BinaryWriter, frame: number, isInlined: boolean): void {
    const { name, module, kind, file, line } = describeFrame(this.#profile.frames, frame);
    const told = isInlined ? FrameKind.Inlined : findFrameKind(name, module);
    const systemName = told === kind ? name : markKind(name, kind);
    writeMessage(writer, 5, () => {
      writeNumber(writer, 1, frame + 1);
      writeNumber(writer, 2, this.#strings.place(name));
      writeNumber(writer, 3, this.#strings.place(systemName));
      writeNumber(writer, 4, this.#strings.place(file));
      writeNumber(writer, 5, line);
    });
  }
}
