import type { Config, EnvironmentVariable } from './config.ts';
import type { Problem } from './config-file.ts';
import { readPort } from './read-port.ts';

/** 128 bits in base64; a shorter one could be guessed by whoever has a link. */
const shortestKey = 22;

/** The explorer's part of the environment. A key that will not do is named, never shown. */
export function readExplorerConfig(
  variable: (name: EnvironmentVariable) => string | undefined,
  problems: Problem[],
): Pick<Config['explorer'], 'host' | 'port' | 'keys'> {
  const keys = (variable('AVALANCHE_EXPLORER_KEY') ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (keys.some((key) => key.length < shortestKey)) {
    problems.push({
      at: 'AVALANCHE_EXPLORER_KEY',
      text: `found a key of less than ${shortestKey} characters (not shown), wanted a random one: openssl rand -base64 32`,
    });
  }
  return {
    host: variable('AVALANCHE_EXPLORER_HOST') ?? '127.0.0.1',
    port: readPort('AVALANCHE_EXPLORER_PORT', variable('AVALANCHE_EXPLORER_PORT'), problems) ?? null,
    keys,
  };
}
