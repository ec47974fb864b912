import { NO_STACK, type Profile } from '../../storage/profile/profile.ts';
import type { FrameAnatomy } from './frames/frame-anatomy.ts';

/** In `findEnclosingFunctions`: the frame stands for itself. */
const NONE = -1;

/**
 * JavaScript calls back functions without a name (`lines.filter((line) => …)`): people look for the function
 * they are written in. It is the own caller that comes before them in the same file, with no other function
 * between; where their callers do not agree on it, they stay alone.
 *
 * @returns for each frame the frame of the function around it, or -1
 */
export function findEnclosingFunctions(profile: Profile, anatomy: readonly FrameAnatomy[]): Int32Array {
  const { stacks } = profile;
  const enclosing = new Int32Array(anatomy.length).fill(NONE);
  const isNameless = anatomy.map(
    ({ category, language, function: name }) =>
      category === 'own' && language === 'javascript' && name === '',
  );
  if (!isNameless.includes(true)) return enclosing;
  const disagreed = new Uint8Array(anatomy.length);
  // The innermost own function with a name, for each stack.
  const named = new Int32Array(stacks.parent.length);
  for (let stack = 0; stack < named.length; stack++) {
    const frame = stacks.frame[stack]!;
    const caller = stacks.parent[stack]!;
    const inherited = caller === NO_STACK ? NONE : named[caller]!;
    const isNamed = anatomy[frame]!.category === 'own' && !isNameless[frame];
    named[stack] = isNamed ? frame : inherited;
    if (!isNameless[frame]) continue;
    if (enclosing[frame] === NONE) enclosing[frame] = inherited;
    else if (enclosing[frame] !== inherited) disagreed[frame] = 1;
  }
  const lines = listLines(anatomy, isNameless);
  return enclosing.map((outer, frame) => {
    const fits =
      outer !== NONE && disagreed[frame] === 0 && isNextAbove(anatomy[frame]!, anatomy[outer]!, lines);
    return fits ? outer : NONE;
  });
}

/** Lines of the named functions, by file. */
function listLines(anatomy: readonly FrameAnatomy[], isNameless: readonly boolean[]): Map<string, number[]> {
  const lines = new Map<string, number[]>();
  for (const [frame, { category, file, line }] of anatomy.entries()) {
    if (category !== 'own' || isNameless[frame]) continue;
    const known = lines.get(file);
    if (known === undefined) lines.set(file, [line]);
    else known.push(line);
  }
  return lines;
}

function isNextAbove(inner: FrameAnatomy, outer: FrameAnatomy, lines: Map<string, number[]>): boolean {
  if (inner.file !== outer.file || outer.line > inner.line) return false;
  return !(lines.get(inner.file) ?? []).some((line) => line > outer.line && line <= inner.line);
}
