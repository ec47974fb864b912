import { resolve } from 'node:path';
import type { Limits } from './config.ts';
import { defaultLimits } from './default-limits.ts';
import { findConfigFile } from './find-config-file.ts';

type Place = { environment: NodeJS.ProcessEnv; directory: string };

/**
 * The limits of the configuration, for commands on files, which need nothing else of it. Reading one takes longer
 * than reading a small recording, and so the reader is loaded only where there is a file.
 *
 * @throws AvalancheError CONFIG_INVALID, as `readConfig`
 */
export async function readLimits(place: Place): Promise<Limits> {
  const isNamed = (place.environment.AVALANCHE_CONFIG?.trim() ?? '') !== '';
  if (!isNamed && findConfigFile(resolve(place.directory)) === null) return defaultLimits;
  const { readConfig } = await import('./read-config.ts');
  return readConfig(place).limits;
}
