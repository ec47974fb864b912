import { IntList } from '../../../storage/profile/int-list.ts';

/** The stack lines of one event, innermost first. */
export class EventStack {
  /** What the reader of the text called each frame. */
  readonly frames = new IntList();
  /** Equal where the whole line is, address and offset included; NOT_FOUND for one that is not remembered. */
  readonly lines = new IntList();

  get depth(): number {
    return this.frames.length;
  }

  push(frame: number, line: number): void {
    this.frames.push(frame);
    this.lines.push(line);
  }

  clear(): void {
    this.frames.length = 0;
    this.lines.length = 0;
  }
}
