import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const sharedFolder = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** The folders of shared recordings. perf.data is left to the perf script that reads it. */
export const formats = ['perf', 'folded', 'cpuprofile', 'pprof', 'speedscope', 'trace', 'jfr'] as const;
export type Format = (typeof formats)[number];

/** Of a long one its beginning: what follows is more of the same, and would only take time. */
const keptBytes = 64 * 1024;
/** Cut anywhere, these are still of their format. */
const isCuttable: ReadonlySet<Format> = new Set(['perf', 'folded']);
const largestWhole = 512 * 1024;

/** Real recordings of a format, unpacked; empty where they are not beside the repository. */
export function readRecordings(format: Format): Buffer[] {
  const folder = join(sharedFolder, format);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    })
    .map((bytes) => (isCuttable.has(format) ? bytes.subarray(0, keptBytes) : bytes))
    .filter((bytes) => bytes.length > 0 && bytes.length <= largestWhole);
}
