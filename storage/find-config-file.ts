import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const configFileName = 'avalanche.yaml';

/** avalanche.yaml in the folder or the nearest folder above it; null when there is none. */
export function findConfigFile(folder: string): string | null {
  for (let current = folder; ; current = dirname(current)) {
    const file = join(current, configFileName);
    if (existsSync(file)) return file;
    if (dirname(current) === current) return null;
  }
}
