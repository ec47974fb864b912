import { describe, expect, test } from 'vitest';
import { type ChangeKind, kindOfChange } from '../../../workers/suspect/change-kind.ts';

const lines = (text: string) => text.split('\n');

describe('kind of a change', () => {
  test.each<[string, string, string, string, ChangeKind]>([
    ['white space', 'a=1;', '  a = 1;', 'javascript', 'same'],
    ['a line wrapped, with the comma it brings', 'f(a, b);', 'f(\n  a,\n  b,\n);', 'javascript', 'same'],
    ['a comment', '', '// says why', 'java', 'same'],
    ['a comment behind code', 'return a;', 'return a; // says why', 'go', 'same'],
    ['a comment of Python', '', '    # says why', 'python', 'same'],
    ['a doc comment', '', '/**\n * Says why.\n */', 'java', 'same'],
    ['other names', 'let a = b + a;', 'let c = b + c;', 'javascript', 'renamed'],
    ['two names that become one', 'x = a + b', 'x = c + c', 'python', 'real'],
    ['another function called', 'return fast(a);', 'return slow(a);', 'javascript', 'real'],
    ['another method called', 'return list.pop()', 'return list.sort()', 'python', 'real'],
    ['another number', 'limit(60)', 'limit(62)', 'java', 'literal'],
    ['another text', 'page(`a`, "b")', 'page(`a`, "c")', 'javascript', 'literal'],
    ['lines gone', 'if (known) return known;', '', 'javascript', 'real'],
    ['a loop around it', 'f(a)', 'for (const b of a) f(b)', 'javascript', 'real'],
    ['an address that looks like a comment', 'get("http://a")', 'get("http://b")', 'javascript', 'literal'],
  ])('%s', (_, removed, added, language, kind) => {
    expect(kindOfChange(lines(removed), lines(added), language)).toBe(kind);
  });
});
