import { findStacksWith } from '../../storage/profile/selection.ts';
import { findMatches } from './find-matches.ts';
import type { LoadedRecording } from './loaded-recording.ts';

export type Found = {
  /** By frame: 1 where it is found. */
  frames: Uint8Array;
  /** By stack: 1 where a found frame is on it. */
  stacks: Uint8Array;
};

/** Frames whose name or file a search finds; null without a search. Kept, since every view asks for the same. */
export function searchFrames(recording: LoadedRecording, search: string): Found | null {
  if (search === '') return null;
  const key = 'search';
  const known = recording.kept.get(key) as { search: string; found: Found } | undefined;
  if (known?.search === search) return known.found;
  const { name, file } = recording.profile.frames;
  const frames = findMatches(search, name);
  for (const [frame, inFile] of findMatches(search, file).entries()) frames[frame]! |= inFile;
  const found = { frames, stacks: findStacksWith(recording.profile, frames) };
  recording.kept.set(key, { search, found });
  return found;
}
