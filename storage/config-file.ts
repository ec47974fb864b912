import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { holdsSecret } from './secrets.ts';

/** One thing that is wrong: at which key or variable, and what. */
export type Problem = { at: string; text: string };
export type KeyPath = readonly (string | number)[];

/** A file as read: not checked against the schema yet. */
export type ParsedFile = {
  value: unknown;
  problems: Problem[];
  /** `avalanche.yaml:3:7 environments[0].name`; as near as the file goes when the key is not there. */
  locate(path: KeyPath): string;
};

/** A thousand applications are some 200 kB. */
const largestFileBytes = 1024 ** 2;
/** YAML's own guard: how many nodes aliases may blow up to. */
const mostAliases = 100;

/** Reads at most so much that a device or a mistaken path cannot fill the memory. A pipe will do. */
export function readBoundedFile(file: string): { text: string } | { problem: string } {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const buffer = Buffer.alloc(largestFileBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(handle, buffer, length, buffer.length - length, null);
    }
    if (length > largestFileBytes) return { problem: `it is larger than ${largestFileBytes} bytes` };
    return { text: buffer.toString('utf8', 0, length) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** YAML 1.2 to plain values. What is odd in the text is a problem with its line; nothing is guessed. */
export function parseConfigFile(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${basename(file)}:${line}:${col}`;
  };
  // Pretty errors would quote the line, and with it perhaps a secret.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const locate = (path: KeyPath) => `${place(findOffset(document, path))} ${formatPath(path)}`.trimEnd();
  const broken = [...document.errors, ...document.warnings, ...findLooseAliases(document)];
  if (broken.length > 0) {
    return {
      value: {},
      problems: broken.map((error) => ({ at: place(error.pos[0]), text: sayPlainly(error) })),
      locate,
    };
  }
  try {
    const value = document.toJS({ maxAliasCount: mostAliases }) ?? {};
    return { value, problems: findSecrets(document, place), locate };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { value: {}, problems: [{ at: basename(file), text: reason }], locate };
  }
}

/** The parser's words up to where they begin to repeat the file: `Unresolved tag: !hunter2` was meant as a password. */
function sayPlainly({ code, message }: { code: string; message: string }): string {
  return code === 'BAD_DIRECTIVE' ? 'Unknown directive' : message.split(':', 1)[0]!;
}

/** Found here and not by `toJS`, whose error has no place and repeats the name. */
function findLooseAliases(document: Document): { code: string; message: string; pos: [number] }[] {
  const found: { code: string; message: string; pos: [number] }[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const message = 'Alias (*) of an anchor that is not there; text that begins with * needs quotes';
      found.push({ code: 'BAD_ALIAS', message, pos: [alias.range?.[0] ?? 0] });
    },
  });
  return found;
}

function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** Looks at the text, not at the value: aliases are not followed, so nothing goes round in circles. */
function findSecrets(document: Document, place: (offset: number) => string): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Scalar(_key, { value, range }) {
      if (typeof value !== 'string' || !holdsSecret(value)) return;
      problems.push({
        at: place(range?.[0] ?? 0),
        text: 'found a password or token, wanted none in the file, which others can read: give it as an environment variable',
      });
    },
  });
  return problems;
}

function findOffset(document: Document, path: KeyPath): number {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return offset;
  }
  return 0;
}

/** Where the key stands, or the entry of a list. */
function offsetOf(document: Document, path: KeyPath): number | undefined {
  const parent = path.length > 0 ? document.getIn(path.slice(0, -1), true) : undefined;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === path.at(-1));
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}
