import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from '../tar-member.ts';
import type { ClockPair, Engine, EngineSettings } from './engine.ts';
import { withNodeOptions } from './node-options.ts';

/** What the sampler inside the app needs to know. */
export type SamplerSettings = {
  folder: string;
  segmentMs: number;
  rateHz: number;
  /** The app is the recorder's child; the app's own children are not recorded. */
  recorderPid: number;
  /** NODE_OPTIONS as they were before: what the app sees, and hands on to its children. */
  nodeOptions: string | null;
};

const samplerUrl = new URL('./v8-sampler.mjs', import.meta.url);

const finishedSegment = /^(\d+)-(\d+)\.cpuprofile$/;

/** V8's sampling profiler inside the app: Node only, its main thread only, but no rights and any platform. */
export async function openV8Engine(settings: EngineSettings): Promise<Engine> {
  return new V8Engine(settings);
}

class V8Engine implements Engine {
  readonly name = 'v8';
  readonly segmentFolder: string;
  readonly #settings: EngineSettings;
  #clock: ClockPair = { wallMs: 0, monotonicMs: 0 };
  #silence: NodeJS.Timeout | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.segmentFolder = join(settings.folder, 'v8');
    mkdirSync(this.segmentFolder, { mode: 0o700 });
  }

  environment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const { segmentMs, rateHz } = this.#settings;
    const sampler: SamplerSettings = {
      folder: this.segmentFolder,
      segmentMs,
      rateHz,
      recorderPid: process.pid,
      nodeOptions: inherited.NODE_OPTIONS ?? null,
    };
    return {
      ...withNodeOptions(inherited, `--import=${samplerUrl}`),
      AVALANCHE_SAMPLER: JSON.stringify(sampler),
    };
  }

  memberName(fileName: string): string | null {
    const [, wallMs, monotonicMicros] = finishedSegment.exec(fileName) ?? [];
    if (wallMs === undefined) return null;
    clearTimeout(this.#silence);
    this.#clock = { wallMs: Number(wallMs), monotonicMs: Number(monotonicMicros) / 1000 };
    return `tmp/v8/${wallMs}.cpuprofile`;
  }

  start(_pid: number, onEnd: (reason: string) => void): void {
    const patienceMs = 3 * this.#settings.segmentMs + 5_000;
    const reason = "no segment came from the app: is it Node, started as the recorder's own child?";
    this.#silence = setTimeout(() => onEnd(reason), patienceMs);
    this.#silence.unref();
  }

  async companions(): Promise<Member[]> {
    return [];
  }

  clock(): ClockPair {
    return this.#clock;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#silence);
  }

  async cleanUp(): Promise<void> {}
}
