import { IntList } from '../../../storage/profile/int-list.ts';
import { NOT_FOUND } from './byte-interner.ts';

/** The stack lines of one event, innermost first. */
export class EventStack {
  /** What the reader of the text called each frame. */
  readonly frames = new IntList();
  /** Equal where the whole line is, address and offset included; NOT_FOUND where it has no number. */
  readonly lines = new IntList();

  get depth(): number {
    return this.frames.length;
  }

  push(frame: number, line: number): void {
    this.frames.push(frame);
    this.lines.push(line);
  }

  /** True when the line pushed last has this frame, and no number that would tell whether it is the same line. */
  endsUnnumbered(frame: number): boolean {
    const last = this.depth - 1;
    return last >= 0 && this.frames.values[last] === frame && this.lines.values[last] === NOT_FOUND;
  }

  /** Gives a number to the line pushed last. */
  number(line: number): void {
    this.lines.values[this.depth - 1] = line;
  }

  /** True when the line equals the next inner one. */
  isRepeated(index: number): boolean {
    const lines = this.lines.values;
    return index > 0 && lines[index] === lines[index - 1] && lines[index] !== NOT_FOUND;
  }

  clear(): void {
    this.frames.length = 0;
    this.lines.length = 0;
  }
}
