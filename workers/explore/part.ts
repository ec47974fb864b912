import type { Selection } from '../../storage/profile/profile.ts';
import type { ExploredPart } from '../exploration.ts';

/** A part as a selection: what is undefined there is absent here. */
export function toSelection(part: ExploredPart): Selection {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Selection;
}
