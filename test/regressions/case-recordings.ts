import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export type Side = 'before' | 'after';

const folder = join(import.meta.dirname, 'data');

export function recordingPath(name: string, side: Side, ending: string): string {
  return join(folder, `${name}.${side}.${ending}.zst`);
}

/** @returns null when it was not made yet */
export function findRecording(name: string, side: Side): string | null {
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}.${side}.`));
  return file === undefined ? null : join(folder, file);
}
