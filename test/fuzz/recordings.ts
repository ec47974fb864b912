import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { have } from '../support/prerequisites.ts';

const shared = (name: string) => fileURLToPath(new URL(`../../../shared/data/${name}/`, import.meta.url));
const own = (name: string) => fileURLToPath(new URL(`../data/${name}/`, import.meta.url));

/** Where recordings of each format lie. perf.data last: each input is a process of perf script. */
const folders = {
  perf: shared('perf'),
  folded: shared('folded'),
  cpuprofile: shared('cpuprofile'),
  pprof: shared('pprof'),
  speedscope: shared('speedscope'),
  trace: shared('trace'),
  jfr: shared('jfr'),
  otlp: own('otlp'),
  perfdata: shared('perfdata'),
} as const;

export type Format = keyof typeof folders;
export const formats = Object.keys(folders) as Format[];

/** A hundred times as slow as the others. */
export const slowFormats: ReadonlySet<Format> = new Set(['perfdata']);

/** Of a long one its beginning: what follows is more of the same, and would only take time. */
const keptBytes = 64 * 1024;
/** Cut anywhere, these are still of their format. */
const isCuttable: ReadonlySet<Format> = new Set(['perf', 'folded']);
const largestWhole = 512 * 1024;

/** Real recordings of a format, unpacked; empty where they, or what reads them, are not there. */
export function readRecordings(format: Format): Buffer[] {
  const folder = folders[format];
  if (!existsSync(folder) || (format === 'perfdata' && !have('perf'))) return [];
  return readdirSync(folder)
    .filter((name) => !/\.(?:md|py)$/.test(name))
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    })
    .map((bytes) => (isCuttable.has(format) ? bytes.subarray(0, keptBytes) : bytes))
    .filter((bytes) => bytes.length > 0 && bytes.length <= largestWhole);
}
