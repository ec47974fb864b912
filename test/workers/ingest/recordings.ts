import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import { limitsSchema } from '../../../storage/config.ts';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ingestFile } from '../../../workers/snapshot/ingest/ingest-file.ts';

export const limits = limitsSchema.parse({});

/** Real recordings that stand beside the repository, of others for the most part: read in place only. */
const sharedFolder = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
/** Recordings of our own, kept with the tests. */
const ownFolder = fileURLToPath(new URL('../../data/own/', import.meta.url));

/** For `test.skipIf(!haveShared)`: the run then counts what it could not read. */
export const haveShared = existsSync(sharedFolder);

export function sharedPath(name: string): string {
  return join(sharedFolder, name);
}

export function ownPath(name: string): string {
  return join(ownFolder, name);
}

/** A file as its bytes once were, `.gz` or not. */
export function readPlain(path: string): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

const folder = mkdtempSync(join(tmpdir(), 'avalanche-ingest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Empty but for what a test writes: nothing may be left in it by the code. */
export const workDirectory = join(folder, 'work');

let fileCount = 0;

/** Writes a file whose name says nothing of its format. */
export function writeRecording(bytes: string | Uint8Array): string {
  const path = join(folder, `recording-${++fileCount}`);
  writeFileSync(path, bytes);
  return path;
}

export async function ingest(
  bytes: string | Uint8Array,
  changed: Partial<typeof limits> = {},
): Promise<Profile> {
  const path = writeRecording(bytes);
  return await ingestFile(path, { limits: { ...limits, ...changed }, workDirectory });
}

const kindMarks = new Map<number, string>([
  [FrameKind.Kernel, '_[k]'],
  [FrameKind.Jit, '_[j]'],
  [FrameKind.Inlined, '_[i]'],
  [FrameKind.Script, '_[s]'],
  [FrameKind.Unknown, '_[?]'],
]);

/** Every sample as a line, `@1500 comm/tid main;handle;parse_[j]`: what a test looks at. */
export function describeSamples({ samples, stacks, frames, threads, recording }: Profile): string[] {
  return Array.from(samples.timeMs, (timeMs, row) => {
    const names: string[] = [];
    for (let stack = samples.stack[row]!; stack !== NO_STACK; stack = stacks.parent[stack]!) {
      const frame = stacks.frame[stack]!;
      names.push(`${frames.name[frame]}${kindMarks.get(frames.kind[frame]!) ?? ''}`);
    }
    const { comm, tid } = threads[samples.thread[row]!]!;
    const time = recording.hasTimes ? `@${Math.round(timeMs * 1e3) / 1e3} ` : '';
    return `${time}${comm}/${tid} ${names.reverse().join(';')}`;
  });
}

/** Samples of all events in which a function runs, by second since the first sample. */
export function countBySecond(profile: Profile, isWanted: (name: string) => boolean): number[] {
  const { samples, stacks, frames } = profile;
  const counts: number[] = [];
  samples.timeMs.forEach((timeMs, row) => {
    let stack = samples.stack[row]!;
    while (stack !== NO_STACK && !isWanted(frames.name[stacks.frame[stack]!]!)) stack = stacks.parent[stack]!;
    if (stack === NO_STACK) return;
    const second = Math.floor(timeMs / 1e3);
    counts[second] = (counts[second] ?? 0) + 1;
  });
  return Array.from(counts, (count) => count ?? 0);
}
