import type { EngineName } from '../options.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { openPerfEngine } from './perf.ts';
import { openV8Engine } from './v8.ts';

const engines = { perf: openPerfEngine, v8: openV8Engine };

/** In this order; the first that can record here is taken. */
const candidates: Record<EngineName, (keyof typeof engines)[]> = {
  auto: ['perf', 'v8'],
  perf: ['perf'],
  v8: ['v8'],
};

/** @returns null when nothing can record here; `reasons` say why the others cannot */
export async function chooseEngine(
  name: EngineName,
  settings: EngineSettings,
): Promise<{ engine: Engine | null; reasons: string[] }> {
  const reasons: string[] = [];
  for (const candidate of candidates[name]) {
    try {
      return { engine: await engines[candidate](settings), reasons };
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { engine: null, reasons };
}
