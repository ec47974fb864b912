/** Does something whenever it is asked to, one after the other: what is asked for meanwhile is done once, afterwards. */
export class LatestOnly {
  readonly #act: () => Promise<void>;
  #running: Promise<void> | null = null;
  #isAsked = false;

  /** @param act must not reject */
  constructor(act: () => Promise<void>) {
    this.#act = act;
  }

  ask(): void {
    this.#isAsked = true;
    this.#running ??= this.#run();
  }

  /** When all that was asked for is done. */
  async settle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#act();
    }
    this.#running = null;
  }
}
