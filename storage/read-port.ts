import type { EnvironmentVariable } from './config.ts';
import type { Problem } from './config-file.ts';
import { describeFound } from './config-problems.ts';

/** A port from the environment; undefined when there is none, or none that can be. */
export function readPort(
  at: EnvironmentVariable,
  value: string | undefined,
  problems: Problem[],
): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
  problems.push({ at, text: `found ${describeFound(value)}, wanted a whole number from 0 to 65535` });
  return undefined;
}
