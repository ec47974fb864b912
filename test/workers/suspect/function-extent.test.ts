import { describe, expect, test } from 'vitest';
import { countFunctionLines } from '../../../workers/suspect/function-extent.ts';

const cases: [string, string, string, number][] = [
  [
    'JavaScript',
    'javascript',
    'function total(cart) {\n  return {\n    a: 1,\n  };\n}\nfunction next() {}',
    5,
  ],
  [
    'defaults in braces among the parameters',
    'javascript',
    'function f({ a = {} } = {}) {\n  return a;\n}\nnext();',
    3,
  ],
  [
    'brackets in strings and comments',
    'javascript',
    'function f() {\n  // }\n  /* } */ const a = \'}\' + "}";\n  return `}`;\n}\nnext();',
    5,
  ],
  ['an arrow function', 'javascript', 'const f = (a) => {\n  return a;\n};\nnext();', 3],
  ['a short arrow function', 'javascript', 'const f = (a) => a * 2;\nnext();', 1],
  ['Python', 'python', 'def total(cart):\n    if cart:\n        return 1\n\n    return 0\n\ndef next():', 5],
  ['Python, parameters on several lines', 'python', 'def total(\n    cart,\n):\n    return 1\nnext()', 4],
  ['Ruby', 'ruby', '  def total(cart)\n    if cart\n      1\n    end\n  end\n\n  def next', 5],
  ['Ruby, on one line', 'ruby', 'def total = 1\ndef next', 1],
  ['PHP', 'php', 'public function total(array $lines): int\n{\n    return 1;\n}\n\nfunction next() {}', 4],
  ['Go', 'go', 'func (s *Server) handle(w io.Writer) error {\n\tif x {\n\t}\n\treturn nil\n}\n', 5],
  ['Rust with lifetimes', 'rust', "fn longest<'a>(x: &'a str) -> &'a str {\n    x\n}\nfn next() {}", 3],
  ['C, opened on the next line', 'c', 'static int\ntotal(struct cart *c)\n{\n\treturn 0;\n}\n', 5],
  ['a declaration', 'c', 'int total(struct cart *c);\nint next;', 1],
  ['a function that is cut off', 'javascript', 'function f() {\n  a();', 2],
];

describe('lines of a function', () => {
  test.each(cases)('%s', (_, language, code, expected) => {
    expect(countFunctionLines(code.split('\n'), language)).toBe(expected);
  });

  test('there are none without lines', () => {
    expect(countFunctionLines([], 'go')).toBe(0);
  });
});
