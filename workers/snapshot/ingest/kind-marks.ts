import { FrameKind } from '../../../storage/profile/profile.ts';

/** Behind a function's name; the first three are those of stackcollapse-perf.pl. */
const marks: ReadonlyMap<FrameKind, string> = new Map([
  [FrameKind.Kernel, '_[k]'],
  [FrameKind.Jit, '_[j]'],
  [FrameKind.Inlined, '_[i]'],
  [FrameKind.Script, '_[s]'],
  [FrameKind.Native, '_[n]'],
  [FrameKind.Unknown, '_[u]'],
]);
const kinds: ReadonlyMap<string, FrameKind> = new Map([...marks].map(([kind, mark]) => [mark, kind]));

/** `alloc_pages` of the kernel as `alloc_pages_[k]`: for formats that have no other place for what a frame is. */
export function markKind(name: string, kind: FrameKind): string {
  return `${name}${marks.get(kind) ?? ''}`;
}

/** @returns undefined when `marked` is not the name and a mark */
export function readMark(name: string, marked: string): FrameKind | undefined {
  return marked.startsWith(name) ? kinds.get(marked.slice(name.length)) : undefined;
}
