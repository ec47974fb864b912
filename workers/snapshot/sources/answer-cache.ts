export type Remembered<Value> = {
  value: Value;
  /** What it may cost to keep, in entries of a folder. */
  weight: number;
  /** When the server said so, milliseconds since 1970. */
  askedAt: number;
  etag?: string;
  lastModified?: string;
};

/** Answers of log servers that were good, those used last, as many as weigh no more than a limit. */
export class AnswerCache<Value> {
  readonly #weightLimit: number;
  /** In the order of their last use. */
  readonly #answers = new Map<string, Remembered<Value>>();
  #weight = 0;

  constructor(weightLimit: number) {
    this.#weightLimit = weightLimit;
  }

  get(key: string): Remembered<Value> | undefined {
    const found = this.#answers.get(key);
    if (found === undefined) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return found;
  }

  set(key: string, answer: Remembered<Value>): void {
    this.delete(key);
    if (answer.weight > this.#weightLimit) return;
    this.#answers.set(key, answer);
    this.#weight += answer.weight;
    for (const oldest of this.#answers.keys()) {
      if (this.#weight <= this.#weightLimit) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#weight -= this.#answers.get(key)?.weight ?? 0;
    this.#answers.delete(key);
  }
}
