import type { Commit } from '../../jobs.ts';

/** What a definition looks like and where it may lie. */
export type DefinitionQuery = {
  /** The bare name, for engines that find words only. */
  name: string;
  /** A regular expression that POSIX (ERE) and RE2 read alike; matches the line on which the definition begins. */
  pattern: string;
  /** Ends of paths, the best first: `com/acme/Cart.java`, or `*.py` for any file with that ending. */
  paths: readonly string[];
};

/** A line that matches: no more than a candidate until its file has been looked at. */
export type Definition = { path: string; line: number; text: string };

export type BlamedCommit = Commit & {
  /** When it came into the history, which a rebase changes; `date` is when it was written. */
  committedAtMs: number;
};

/** What a place of a file was like before a range of commits, and is after it. White space counts for nothing. */
export type Hunk = {
  /** 1-based line of the first of `added`; of a place where lines only went, the line before it. */
  line: number;
  removed: string[];
  added: string[];
};

export type FileChange = { path: string; hunks: Hunk[] };

/** A commit and what it did to the lines asked for. */
export type LineChange = BlamedCommit & { hunks: Hunk[] };

/**
 * Finds code at one revision of one repository. Everything is answered at that revision; no engine falls
 * back to a branch in silence. Paths are those of the repository, with '/'. Errors are AvalancheErrors
 * (REPOSITORY_UNREADABLE, REVISION_UNKNOWN).
 */
export type CodeSearch = {
  /** For people, credentials taken out: `git in https://code.example/acme/shop`. */
  describe(): string;
  /** The full id of the revision; `isHead` when none was asked for and the repository's head stands in. */
  resolveRevision(): Promise<{ id: string; isHead: boolean }>;
  /** Regular files whose last path segments are those of `pathTail`, sorted; links and submodules are no files. */
  findFiles(pathTail: string): Promise<string[]>;
  /** Matches in the files of the first of `paths` that has any, by path and line; at most 200. */
  findDefinitions(query: DefinitionQuery): Promise<Definition[]>;
  /**
   * Lines `first` to `last` (1-based, both included) without their line ends, fewer at the end of the file.
   * Empty when there is no such file, or it is not text, or too large to be source.
   */
  readLines(path: string, first: number, last: number): Promise<string[]>;
  /**
   * The commits that wrote lines `first` to `last`, newest first; changes of white space and moves inside the
   * file do not count. Lines older than a shallow history have no known commit and are left out.
   */
  blame(path: string, first: number, last: number): Promise<BlamedCommit[]>;
  /**
   * What differs in source files between another revision and this one; null when there is too much of it, or
   * the other revision is not known. Engines that cannot compare revisions do without.
   */
  compareWith?(revision: string): Promise<FileChange[] | null>;
  /**
   * The commits since another revision that changed lines `first` to `last`, deletions included, newest first;
   * lines are followed back through the history of the file. Some may have changed white space alone.
   */
  listChanges?(path: string, lines: { first: number; last: number }, since: string): Promise<LineChange[]>;
};
