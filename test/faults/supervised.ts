import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../avalanche.ts', import.meta.url));
/** As a supervisor waits that starts again what has ended. */
const restartMs = 500;

type Place = { folder: string; environment: Record<string, string>; logFile: string };

/** `avalanche bot` or `avalanche workers`, started again whenever it ends, however it does. */
export class Supervised {
  readonly room: 'bot' | 'workers';
  /** Times at which it was killed without warning, ms since 1970. */
  readonly deathsAt: number[] = [];
  readonly #place: Place;
  #child: ChildProcess;
  #isWanted = true;

  constructor(room: 'bot' | 'workers', place: Place) {
    this.room = room;
    this.#place = place;
    this.#child = this.#start();
  }

  kill(signal: 'SIGKILL' | 'SIGTERM'): void {
    if (signal === 'SIGKILL') this.deathsAt.push(Date.now());
    this.#child.kill(signal);
  }

  /** Ends it for good with SIGTERM. */
  async stop(): Promise<{ code: number | null; tookMs: number }> {
    this.#isWanted = false;
    const startedAt = performance.now();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    return { code: this.#child.exitCode, tookMs: performance.now() - startedAt };
  }

  /** Ends it at once, when the run itself has failed. */
  abandon(): void {
    this.#isWanted = false;
    this.#child.kill('SIGKILL');
  }

  #start(): ChildProcess {
    const { folder, environment, logFile } = this.#place;
    const child = spawn(process.execPath, [program, this.room], {
      cwd: folder,
      env: { ...process.env, AVALANCHE_LOG_LEVEL: 'info', ...environment },
      stdio: ['ignore', 'ignore', openSync(logFile, 'a')],
    });
    const killAtExit = () => child.kill('SIGKILL');
    process.once('exit', killAtExit);
    child.once('exit', () => {
      process.off('exit', killAtExit);
      void this.#startAgain();
    });
    return child;
  }

  async #startAgain(): Promise<void> {
    await sleep(restartMs);
    if (this.#isWanted) this.#child = this.#start();
  }
}
