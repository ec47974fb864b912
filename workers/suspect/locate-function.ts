import type { RepositoryConfig } from '../../storage/config.ts';
import type { CodeSearch, Definition } from './code-search/code-search.ts';
import {
  type DefinitionPattern,
  definitionPatternOf,
  escapeRegex,
  isStatement,
} from './definition-patterns.ts';
import type { FrameAnatomy } from './frames/frame-anatomy.ts';
import { pathInside } from './frames/name-frames.ts';

export type Location = {
  /** Null when no file, or more than one, could be it. */
  path: string | null;
  line: number | null;
  /** One short sentence: what is in doubt, or null. */
  doubt: string | null;
};

const testCode =
  /(^|\/)(tests?|__tests__|specs?|testdata|fixtures|examples?|node_modules|vendor)\/|[._-](test|spec)\.\w+$/;
const maximumShown = 3;

/**
 * Finds where a function is defined at the revision: by the frame's own path and line where it has them, by
 * path hint and definition pattern otherwise. What is ambiguous is said, not guessed.
 */
export async function locateFunction(
  frame: FrameAnatomy,
  repository: RepositoryConfig,
  search: CodeSearch,
): Promise<Location> {
  const language = definitionPatternOf(frame.language);
  if (frame.file !== '') {
    const paths = await findPath(frame.file, repository, search);
    if (paths.length !== 1) return describePaths(frame.file, paths);
    return await locateInFile(frame, paths[0]!, language, search);
  }
  if (language === null || frame.function === '') return nowhere('the frame does not say where its code is');
  const found = await search.findDefinitions({
    name: frame.function,
    pattern: language.pattern(escapeRegex(frame.function), frame),
    paths: language.paths(frame),
  });
  const inRoot = found.filter(
    ({ path }) => repository.sourceRoot === '' || pathInside(path, repository.sourceRoot) !== null,
  );
  return await narrow(frame, inRoot, language, search);
}

/** The container's path as a path of the repository: all paths that could be it, best guess alone where there is one. */
async function findPath(file: string, repository: RepositoryConfig, search: CodeSearch): Promise<string[]> {
  const sourceRoot = repository.sourceRoot.replace(/^\/+|\/+$/g, '');
  const inside = pathInside(file, repository.containerRoot);
  if (inside !== null) {
    const expected = sourceRoot === '' ? inside : `${sourceRoot}/${inside}`;
    if ((await search.findFiles(expected)).includes(expected)) return [expected];
  }
  // Built elsewhere, or no root is configured: the longest end of the path that the repository knows.
  const segments = file.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  for (let first = Math.max(0, segments.length - 12); first < segments.length; first++) {
    const paths = await search.findFiles(segments.slice(first).join('/'));
    const inRoot = paths.filter((path) => sourceRoot === '' || pathInside(path, sourceRoot) !== null);
    if (inRoot.length > 0) return inRoot;
  }
  return [];
}

async function locateInFile(
  frame: FrameAnatomy,
  path: string,
  language: DefinitionPattern | null,
  search: CodeSearch,
): Promise<Location> {
  if (frame.line > 0) {
    const [text] = await search.readLines(path, frame.line, frame.line);
    if (text !== undefined && namesFunction(text, frame.function))
      return { path, line: frame.line, doubt: null };
  }
  if (language === null || frame.function === '') {
    return {
      path,
      line: null,
      doubt: `line ${frame.line} of the recording does not fit ${path} at this revision`,
    };
  }
  const pattern = language.pattern(escapeRegex(frame.function), frame);
  const found = await search.findDefinitions({ name: frame.function, pattern, paths: [path] });
  const inFile = found.filter((definition) => definition.path === path);
  const location = await narrow(frame, inFile, language, search);
  return location.path === null
    ? { path, line: null, doubt: `no definition of ${frame.function} in ${path}` }
    : location;
}

/** True too for a function without a name: its line in the recording is all there is to go by. */
function namesFunction(text: string, name: string): boolean {
  return name === '' || new RegExp(`(^|[^\\w$])${escapeRegex(name)}([^\\w$]|$)`).test(text);
}

/** From all candidates to one, by what the frame says beside the name: class, package, module path. */
async function narrow(
  frame: FrameAnatomy,
  found: readonly Definition[],
  language: DefinitionPattern,
  search: CodeSearch,
): Promise<Location> {
  let candidates = found.filter(({ text }) => !isStatement(text));
  candidates = prefer(candidates, ({ path }) => !testCode.test(path));
  candidates = preferHighest(candidates, ({ path }) => countSharedSegments(path, frame));
  if (candidates.length > 1 && frame.language === 'go')
    candidates = await keepPackage(frame, candidates, search);
  if (candidates.length > 1 && frame.language === 'c' && frame.class !== '') {
    candidates = prefer(candidates, ({ text }) =>
      new RegExp(`\\b${escapeRegex(frame.class)}\\s*(<.*>)?\\s*::`).test(text),
    );
  }
  if (candidates.length > 1 && language.scope !== null)
    candidates = await keepScope(frame, candidates, language.scope, search);
  return describeCandidates(frame, candidates);
}

function describeCandidates(frame: FrameAnatomy, candidates: readonly Definition[]): Location {
  const [first] = candidates;
  if (first === undefined) return nowhere(`no definition of ${frame.function} found at this revision`);
  if (candidates.length === 1) return { path: first.path, line: first.line, doubt: null };
  const paths = [...new Set(candidates.map(({ path }) => path))];
  if (paths.length > 1) return nowhere(`${paths.length} files define it: ${list(paths)}`);
  const lines = candidates.map(({ line }) => String(line));
  return {
    path: first.path,
    line: null,
    doubt: `${candidates.length} definitions in ${first.path}: lines ${list(lines)}`,
  };
}

function describePaths(file: string, paths: readonly string[]): Location {
  if (paths.length === 0) return nowhere(`no file like ${file} at this revision`);
  return nowhere(`${paths.length} files could be ${file}: ${list(paths)}`);
}

function nowhere(doubt: string): Location {
  return { path: null, line: null, doubt };
}

function list(texts: readonly string[]): string {
  const shown = texts.slice(0, maximumShown).join(', ');
  return texts.length > maximumShown ? `${shown} and ${texts.length - maximumShown} more` : shown;
}

/** How many of the package's last segments the folder (for Rust: the file too) ends in. */
function countSharedSegments(path: string, frame: FrameAnatomy): number {
  if (frame.language !== 'go' && frame.language !== 'rust') return 0;
  const separator = frame.language === 'go' ? '/' : '::';
  const wanted = frame.package.split(separator).filter((segment) => segment !== '');
  const folders = path.split('/');
  const file = folders.pop()!.replace(/\.rs$/, '');
  if (frame.language === 'rust' && !['mod', 'lib', 'main'].includes(file)) folders.push(file);
  let shared = 0;
  while (shared < wanted.length && wanted.at(-1 - shared) === folders.at(-1 - shared)) shared++;
  return shared;
}

/** A folder need not be called like its package: `package main` least of all. */
async function keepPackage(
  frame: FrameAnatomy,
  candidates: readonly Definition[],
  search: CodeSearch,
): Promise<Definition[]> {
  const name = frame.package.slice(frame.package.lastIndexOf('/') + 1);
  const clause = new RegExp(`^package\\s+${escapeRegex(name)}\\b`);
  const kept: Definition[] = [];
  for (const candidate of candidates.slice(0, 20)) {
    const head = await search.readLines(candidate.path, 1, 200);
    if (head.some((line) => clause.test(line))) kept.push(candidate);
  }
  return kept.length > 0 ? kept : [...candidates];
}

/** Those inside the frame's class; a function without a class is outside of all. */
async function keepScope(
  frame: FrameAnatomy,
  candidates: readonly Definition[],
  scope: RegExp,
  search: CodeSearch,
): Promise<Definition[]> {
  const wanted = frame.class.split('.').at(-1)!;
  const scopes = new Map<Definition, string>();
  for (const candidate of candidates.slice(0, 20)) {
    const lines = await search.readLines(candidate.path, 1, candidate.line);
    scopes.set(candidate, findScope(lines, scope));
  }
  return prefer(candidates, (candidate) => scopes.get(candidate) === wanted);
}

/** The name of the scope around the last line: the nearest line above that opens one and is indented less. */
export function findScope(lines: readonly string[], scope: RegExp): string {
  const indentationOf = (line: string) => /^\s*/.exec(line)![0].length;
  const own = indentationOf(lines.at(-1) ?? '');
  for (let index = lines.length - 2; index >= 0; index--) {
    const line = lines[index]!;
    const name = indentationOf(line) < own ? scope.exec(line)?.[1] : undefined;
    if (name !== undefined) return name;
  }
  return '';
}

function prefer<Value>(values: readonly Value[], isBetter: (value: Value) => boolean): Value[] {
  const better = values.filter(isBetter);
  return better.length > 0 ? better : [...values];
}

function preferHighest<Value>(values: readonly Value[], score: (value: Value) => number): Value[] {
  const highest = Math.max(0, ...values.map(score));
  return values.filter((value) => score(value) === highest);
}
