import { type ChangeKind, kindOfChange } from './change-kind.ts';
import type { CodeSearch, FileChange, Hunk } from './code-search/code-search.ts';
import { definitionPatternOf, escapeRegex, isStatement } from './definition-patterns.ts';
import type { FrameAnatomy } from './frames/frame-anatomy.ts';
import { countFunctionLines } from './function-extent.ts';
import { findScope } from './locate-function.ts';
import type { OwnFunction } from './own-time.ts';

/** A function of the recording that is not what it was in the baseline's revision. */
export type ChangedFunction = {
  kind: Exclude<ChangeKind, 'same'>;
  path: string;
  firstLine: number;
  lastLine: number;
  /** What changed, where it is not its own lines: a name that they read, with the lines that define it. */
  via: { name: string; firstLine: number; lastLine: number } | null;
};

/** A deploy that touches more is none whose lines a person looks through either. */
const mostFiles = 400;
const mostFileLines = 20_000;
/** A function that went elsewhere as it was; its name and its calls of itself may differ. */
const movedRatio = 0.7;
/** No person defines a constant in a longer line; what a machine wrote is not looked at. */
const longestDefinition = 500;
/** Shorter lines (`}`, `end`) are everywhere. */
const leastLineLength = 4;

type Lines = readonly string[];

/**
 * Which of the functions that were recorded changed between two revisions. Formatting, comments and moves are
 * no changes; a constant that a function reads is one.
 *
 * @returns by the functions' keys
 */
export async function findChangedFunctions(
  functions: readonly OwnFunction[],
  changes: readonly FileChange[],
  search: CodeSearch,
): Promise<Map<string, ChangedFunction>> {
  const found = new Map<string, ChangedFunction>();
  const gone = new Set(changes.flatMap(({ hunks }) => hunks.flatMap(({ removed }) => removed.map(trim))));
  for (const { path, hunks } of changes.slice(0, mostFiles)) {
    const mayBeHere = placesIn(path);
    const here = functions.filter(({ key, anatomy }) => !found.has(key) && mayBeHere(anatomy));
    if (here.length === 0) continue;
    const lines = await search.readLines(path, 1, mostFileLines);
    for (const { key, anatomy } of here) {
      const changed = findChange(anatomy, path, lines, hunks, gone);
      if (changed !== null) found.set(key, changed);
    }
  }
  return found;
}

function findChange(
  anatomy: FrameAnatomy,
  path: string,
  lines: Lines,
  hunks: readonly Hunk[],
  gone: ReadonlySet<string>,
): ChangedFunction | null {
  for (const firstLine of findDefinitionLines(anatomy, lines)) {
    const lastLine = firstLine + countFunctionLines(lines.slice(firstLine - 1), anatomy.language) - 1;
    const place = { path, firstLine, lastLine };
    const kind = kindInside(hunks, place, anatomy.language);
    if (kind !== 'same' && !isMoved(lines.slice(firstLine, lastLine), hunks, place, gone))
      return { kind, ...place, via: null };
    const via = findReadName(hunks, lines.slice(firstLine - 1, lastLine), anatomy.language);
    if (via !== null) return { ...place, kind: via.kind, via: via.read };
  }
  return null;
}

function kindInside(
  hunks: readonly Hunk[],
  { firstLine, lastLine }: Pick<ChangedFunction, 'firstLine' | 'lastLine'>,
  language: string,
): ChangeKind {
  const removed: string[] = [];
  const added: string[] = [];
  for (const hunk of hunks) {
    if (!isInside(hunk, firstLine, lastLine)) continue;
    removed.push(...hunk.removed);
    added.push(
      ...hunk.added.slice(Math.max(0, firstLine - hunk.line), Math.max(0, lastLine - hunk.line + 1)),
    );
  }
  return kindOfChange(removed, added, language);
}

function isInside({ line, added }: Hunk, firstLine: number, lastLine: number): boolean {
  if (added.length === 0) return line >= firstLine && line < lastLine;
  return line <= lastLine && line + added.length - 1 >= firstLine;
}

/** All of it is new here, and most of it went elsewhere. */
function isMoved(
  body: Lines,
  hunks: readonly Hunk[],
  { firstLine, lastLine }: Pick<ChangedFunction, 'firstLine' | 'lastLine'>,
  gone: ReadonlySet<string>,
): boolean {
  const isNew = hunks.some(({ line, added }) => line <= firstLine && line + added.length > lastLine - 1);
  const telling = body.map(trim).filter((line) => line.length >= leastLineLength);
  if (!isNew || telling.length === 0) return false;
  return telling.filter((line) => gone.has(line)).length >= movedRatio * telling.length;
}

const definesName =
  /^(?:export\s+)?(?:(?:pub|public|private|protected|internal|static|final|constexpr|inline|const|let|var|val|readonly)\b[\w\s<>,:*&[\]()]*?)?\b([\p{L}_$][\p{L}\p{N}_$]*)(?:\s*:\s*[^=]+)?\s*=(?!=)|^#define\s+(\w+)/u;

/** A constant outside of functions, other than it was, that the function reads. */
function findReadName(
  hunks: readonly Hunk[],
  body: Lines,
  language: string,
): { kind: ChangedFunction['kind']; read: NonNullable<ChangedFunction['via']> } | null {
  const text = body.join('\n');
  for (const { removed, added, line } of hunks) {
    const kind = kindOfChange(removed, added, language);
    if (kind === 'same' || kind === 'renamed') continue;
    for (const [place, changed] of added.entries()) {
      // What stands further in is inside of some function.
      if (changed.length > longestDefinition || /^\s{5,}|^\t\t/.test(changed)) continue;
      const match = definesName.exec(changed.trim());
      const name = match?.[1] ?? match?.[2];
      if (name === undefined || isNew(name, removed)) continue;
      if (!new RegExp(`(?<![\\w$.])${escapeRegex(name)}(?![\\w$])`).test(text)) continue;
      return { kind, read: { name, firstLine: line + place, lastLine: line + place } };
    }
  }
  return null;
}

/** A name that was not there before cannot have changed a function whose own lines are what they were. */
function isNew(name: string, removed: Lines): boolean {
  return !removed.some((line) => line.includes(name));
}

/** Where a function's name is defined in a file; of several places those in its class, where there are such. */
function findDefinitionLines(anatomy: FrameAnatomy, lines: Lines): number[] {
  const language = definitionPatternOf(anatomy.language);
  if (anatomy.function === '') return anatomy.line > 0 && anatomy.line <= lines.length ? [anatomy.line] : [];
  if (language === null) return [];
  const pattern = language.pattern(escapeRegex(anatomy.function), anatomy).replaceAll('[:space:]', '\\s');
  const isDefinition = new RegExp(pattern);
  const found = lines.flatMap((line, row) =>
    isDefinition.test(line) && !isStatement(line) ? [row + 1] : [],
  );
  const wanted = anatomy.class.split('.').at(-1)!;
  const { scope } = language;
  if (found.length < 2 || scope === null || wanted === '') return found;
  const inScope = found.filter((line) => findScope(lines.slice(0, line), scope) === wanted);
  return inScope.length > 0 ? inScope : found;
}

const endings: Record<string, RegExp> = {
  javascript: /\.(?:[cm]?[jt]sx?|vue|svelte)$/,
  python: /\.py$/,
  ruby: /\.rb$/,
  php: /\.php$/,
  csharp: /\.cs$/,
  go: /\.go$/,
  java: /\.(?:java|kt|scala|groovy)$/,
  rust: /\.rs$/,
  c: /\.(?:c|cc|cpp|cxx|h|hh|hpp|hxx)$/,
};

/** Tells which functions can stand in a file, by what their frames say of either. */
function placesIn(path: string): (anatomy: FrameAnatomy) => boolean {
  const segments = path.split('/');
  const base = segments.at(-1)!;
  const stem = base.slice(0, base.lastIndexOf('.'));
  const written = Object.keys(endings).filter((language) => endings[language]!.test(base));
  const isSpecial = ['mod', 'lib', 'main'].includes(stem);
  return ({ language, file, package: packageName, class: className }) => {
    if (!written.includes(language)) return false;
    if (file !== '') return file.endsWith(base) && (file.length === base.length || file.endsWith(`/${base}`));
    if (language === 'java') return plainOuter(className) === stem.replace(/Kt$/, '');
    if (language === 'go') {
      const wanted = packageName.slice(packageName.lastIndexOf('/') + 1);
      return wanted === 'main' || segments.length < 2 || segments.at(-2) === wanted;
    }
    if (language !== 'rust') return true;
    const wanted = packageName.split('::').at(-1)!;
    return isSpecial || wanted === '' || wanted === stem;
  };
}

/** The class that gives a file its name: `CartKt.Line` lies in `Cart.kt`. */
function plainOuter(className: string): string {
  const dot = className.indexOf('.');
  return (dot < 0 ? className : className.slice(0, dot)).replace(/Kt$/, '');
}

function trim(line: string): string {
  return line.trim();
}
