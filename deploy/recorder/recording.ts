import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Engine } from './engines/engine.ts';
import type { RecorderOptions } from './options.ts';
import { RollingArchive } from './rolling-archive.ts';
import type { Member } from './tar-member.ts';

/**
 * Records one app: takes over each segment that the engine finishes, and publishes the archive anew.
 * Whatever fails here is said once and tried again with the next segment; the app does not notice.
 */
export class Recording {
  readonly #engine: Engine;
  readonly #options: RecorderOptions;
  readonly #pid: number;
  readonly #archive: RollingArchive;
  readonly #say: (text: string) => void;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | null = null;
  #collecting: Promise<void> = Promise.resolve();
  #waiting = false;
  #comm: string;

  /** @param folder for the packed segments */
  constructor(
    engine: Engine,
    pid: number,
    { folder, options, say }: { folder: string; options: RecorderOptions; say: (text: string) => void },
  ) {
    this.#engine = engine;
    this.#options = options;
    this.#pid = pid;
    this.#archive = new RollingArchive(folder, options.publishPath, options);
    this.#say = say;
    this.#comm = basename(options.command[0]);
    engine.start(pid, (reason) => say(`recording ended, the app goes on: ${reason}`));
    this.#watch();
    // Where watching is not to be had, looking now and then is.
    this.#timer = setInterval(() => this.#collectSoon(), options.segmentMs);
  }

  /** Takes over the last segment. The archive stays where it is. */
  async stop(): Promise<void> {
    await this.#engine.stop().catch((error) => this.#say(`cannot end the recording: ${error.message}`));
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#collectSoon();
    await this.#collecting;
    await this.#engine.cleanUp(this.#pid);
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#engine.segmentFolder, () => this.#collectSoon());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = null;
    }
  }

  /** One collection at a time, and at most one waiting: it sees all that came meanwhile. */
  #collectSoon(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#collecting = this.#collecting.then(async () => {
      this.#waiting = false;
      await this.#collect().catch((error) => this.#say(`cannot publish: ${error.message}`));
    });
  }

  async #collect(): Promise<void> {
    const { segmentFolder } = this.#engine;
    let found = 0;
    for (const fileName of (await readdir(segmentFolder)).sort()) {
      const name = this.#engine.memberName(fileName);
      if (name === null) continue;
      const path = join(segmentFolder, fileName);
      const { size, mtimeMs } = await stat(path);
      await this.#archive.add({ name, content: { path, bytes: size } }, mtimeMs);
      await rm(path);
      found += 1;
    }
    if (found === 0 || this.#archive.isEmpty) return;
    await this.#archive.retain(Date.now());
    const maps = await this.#engine.companions(this.#pid);
    await this.#archive.publish([...maps, await this.#describe()]);
  }

  async #describe(): Promise<Member> {
    const { revision, rateHz, command } = this.#options;
    const description = {
      version: 1,
      tool: this.#engine.name,
      revision,
      rateHz,
      command,
      process: { pid: this.#pid, comm: await this.#readComm() },
      clock: this.#engine.clock(),
    };
    return { name: 'tmp/recording.json', content: Buffer.from(JSON.stringify(description)) };
  }

  /** As the kernel has it, which is what samples carry; a thread of Node's renames itself. */
  async #readComm(): Promise<string> {
    const comm = await readFile(`/proc/${this.#pid}/comm`, 'utf8').catch(() => '');
    this.#comm = comm.trim() || this.#comm;
    return this.#comm;
  }
}
