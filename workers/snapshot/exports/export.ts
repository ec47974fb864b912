import type { Profile, Selection } from '../../../storage/profile/profile.ts';
import { selectSamples } from '../../../storage/profile/selection.ts';

/** A format that profiles are written in, for other tools. What it cannot hold is said in docs/formats.md. */
export type ProfileExport = {
  /** As `--to` takes it. */
  name: string;
  /**
   * The file in pieces. A selection holds for every event alike, but where one is chosen.
   *
   * @throws AvalancheError before the first piece, so that no half file is left
   */
  write(profile: Profile, selection: Selection): Iterable<string | Uint8Array>;
};

/** Sample rows of all events of a selection, or of the event it names, in order of time. */
export function selectRows(profile: Profile, selection: Selection): Uint32Array {
  if (selection.event !== undefined || profile.events.length === 1) return selectSamples(profile, selection);
  const rows = profile.events.map((_, event) => selectSamples(profile, { ...selection, event }));
  const all = new Uint32Array(rows.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const part of rows) {
    all.set(part, length);
    length += part.length;
  }
  return all.sort();
}

/** Frames of a stack, innermost first. */
export function* walkStack({ stacks }: Profile, stack: number): Generator<number> {
  for (let row = stack; row >= 0; row = stacks.parent[row]!) yield stacks.frame[row]!;
}

const rememberedCharacters = 64 * 1024 ** 2;

/** How a stack is written, made once for the many samples that end in it. */
export class StackTexts {
  readonly #format: (stack: number) => string;
  readonly #texts = new Map<number, string>();
  #characters = 0;

  constructor(format: (stack: number) => string) {
    this.#format = format;
  }

  find(stack: number): string {
    const known = this.#texts.get(stack);
    if (known !== undefined) return known;
    const text = this.#format(stack);
    this.#characters += text.length;
    if (this.#characters > rememberedCharacters) {
      this.#texts.clear();
      this.#characters = text.length;
    }
    this.#texts.set(stack, text);
    return text;
  }
}

/** Whole numbers for fractions, such that their sum stays: what is cut off goes to the next. */
export class WholeNumbers {
  #rest = 0;

  take(value: number): number {
    const whole = Math.round(value + this.#rest);
    this.#rest += value - whole;
    return whole;
  }
}
