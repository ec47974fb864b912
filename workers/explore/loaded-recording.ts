import { decodeProfile } from '../../storage/profile/codec.ts';
import type { Profile } from '../../storage/profile/profile.ts';
import type { ExploredRecording } from '../exploration.ts';
import { type FrameAnatomy, nameFrames } from '../suspect/frames/name-frames.ts';

/** What the thread is told of a recording: all but how to read it. */
export type RecordingFacts = Pick<ExploredRecording, 'key' | 'application' | 'suspects'> & {
  baseline: { key: string; name: string } | null;
};

export type LoadedRecording = {
  /** As recorded. */
  recorded: Profile;
  /** With frames as people write them. */
  profile: Profile;
  anatomy: readonly FrameAnatomy[];
  bytes: number;
  /** Answers that take long and are asked again and again, by what was asked. */
  kept: Map<string, unknown>;
};

export function loadRecording(
  stored: Uint8Array,
  application: ExploredRecording['application'],
): LoadedRecording {
  const recorded = decodeProfile(stored);
  const own = application === null ? null : { own: application.own, repository: toRepository(application) };
  const { profile, anatomy } = nameFrames(recorded, own);
  const bytes = columnBytes(recorded) + columnBytes(profile);
  return { recorded, profile, anatomy, bytes, kept: new Map() };
}

export function toRepository({ repository }: NonNullable<ExploredRecording['application']>) {
  return repository === undefined ? undefined : { ...repository, sourceRoot: '' };
}

/** Texts count as two bytes a character, and an object for each. */
function columnBytes({ frames, stacks, samples }: Profile): number {
  const columns = [frames.kind, frames.line, ...Object.values(stacks), ...Object.values(samples)];
  const texts = [frames.name, frames.module, frames.file].flat();
  return (
    columns.reduce((sum, { byteLength }) => sum + byteLength, 0) +
    texts.reduce((sum, text) => sum + 2 * text.length + 16, 0)
  );
}

/** The recordings asked for last, up to so many bytes; the one in use always stays. */
export class RecordingCache {
  readonly #mostBytes: number;
  readonly #recordings = new Map<string, LoadedRecording>();

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  find(key: string): LoadedRecording | undefined {
    const found = this.#recordings.get(key);
    if (found !== undefined) {
      this.#recordings.delete(key);
      this.#recordings.set(key, found);
    }
    return found;
  }

  keep(key: string, recording: LoadedRecording): void {
    this.#recordings.set(key, recording);
    let bytes = 0;
    for (const one of this.#recordings.values()) bytes += one.bytes;
    for (const [oldest, { bytes: freed }] of this.#recordings) {
      if (bytes <= this.#mostBytes || oldest === key) return;
      this.#recordings.delete(oldest);
      bytes -= freed;
    }
  }
}
