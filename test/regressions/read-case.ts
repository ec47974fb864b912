import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One place in a file that a commit changes; both texts end in a line end, or are empty. */
export type Edit = { path: string; before: string; after: string };

export type CaseCommit = { subject: string; author: string; edits: readonly Edit[] };

/** A program, what became of it, and what is the right answer. */
export type RegressionCase = {
  /** `go-customers`: the program, then the case. */
  name: string;
  program: string;
  /** What was planted; 'none, …' where nothing was. */
  kind: string;
  /** Null where nothing was planted. `function` as people write it, `commit` a row of `commits`. */
  guilty: { file: string; function: string; commit: number } | null;
  recorder: string;
  arguments: { before: readonly string[]; after: readonly string[] };
  commits: readonly CaseCommit[];
  /** How many of the commits were there when the first, and the second recording was made. */
  deployed: { before: number; after: number };
};

const folder = fileURLToPath(new URL('cases', import.meta.url));

/** All cases, by name. */
export function readCases(): RegressionCase[] {
  const files = readdirSync(folder).filter((file) => /^[^.]+\.txt$/.test(file));
  return files.sort().map((file) => readCase(basename(file, '.txt')));
}

/** See the README beside this file for how a case is written. */
function readCase(name: string): RegressionCase {
  const program = name.slice(0, name.indexOf('-'));
  const innocent = new Map(readBlocks(`${program}.innocent`).map(({ label, ...commit }) => [label, commit]));
  const [head = '', ...rest] = readText(name).split(/\n(?==== |\*\*\* )/);
  const facts = new Map(
    head.split('\n').flatMap((line) => {
      const colon = line.indexOf(': ');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 2)]];
    }),
  );
  const commits: CaseCommit[] = [];
  const marks = new Map<string, number>();
  let guiltyCommit = -1;
  for (const text of rest) {
    const mark = /^\*\*\* (\w+)/.exec(text)?.[1];
    const used = /^=== use (\S+)/.exec(text)?.[1];
    if (mark !== undefined) marks.set(mark, commits.length);
    else if (used !== undefined) commits.push(known(innocent.get(used), `${name}: commit ${used}`));
    else {
      const { label, ...commit } = parseBlock(text);
      if (label === 'guilty') guiltyCommit = commits.length;
      commits.push(commit);
    }
  }
  const wanted = known(facts.get('guilty'), `${name}: guilty`);
  const [file = '', functionName = ''] = wanted.split(' ');
  const before = known(facts.get('arguments') ?? '', name);
  return {
    name,
    program,
    kind: known(facts.get('kind'), `${name}: kind`),
    guilty: wanted === 'none' ? null : { file, function: functionName, commit: guiltyCommit },
    recorder: known(facts.get('recorder'), `${name}: recorder`),
    arguments: { before: words(before), after: words(facts.get('arguments-after') ?? before) },
    commits,
    deployed: {
      before: known(marks.get('baseline'), `${name}: baseline`),
      after: known(marks.get('deployed'), `${name}: deployed`),
    },
  };
}

function readBlocks(name: string): (CaseCommit & { label: string })[] {
  return readText(name)
    .split(/\n(?==== )/)
    .map(parseBlock);
}

/** `=== label | Author: Subject`, then edits: `<<<< path`, old text, `====`, new text, `>>>>`. */
function parseBlock(text: string): CaseCommit & { label: string } {
  const header = /^=== (?:(\S+) \| )?([^:\n]+): (.*)/.exec(text);
  if (header === null) throw new Error(`Cannot read the commit "${text.slice(0, 60)}"`);
  const edits = [...text.matchAll(/^<<<< (\S+)\n([\s\S]*?)^====\n([\s\S]*?)^>>>>$/gm)].map(
    ([, path = '', before = '', after = '']) => ({ path, before, after }),
  );
  return { label: header[1] ?? '', author: header[2]!, subject: header[3]!, edits };
}

function readText(name: string): string {
  return readFileSync(`${folder}/${name}.txt`, 'utf8');
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

function known<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`Cannot read the case: "${name}" is missing`);
  return value;
}
