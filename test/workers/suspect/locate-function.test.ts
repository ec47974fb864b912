import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodeSearch } from '../../../workers/suspect/code-search/code-search.ts';
import { openGitCodeSearch } from '../../../workers/suspect/code-search/git.ts';
import { anatomy, type FrameAnatomy } from '../../../workers/suspect/frames/frame-anatomy.ts';
import { locateFunction } from '../../../workers/suspect/locate-function.ts';
import { TestRepository } from './git-repository.ts';

const files: Record<string, string> = {
  'app/pricing.js':
    'import x from "y";\n\nexport function applyDiscounts(order) {\n  return applyDiscounts;\n}\n\nconst round = (value) =>\n  value;\nclass Cart {\n  async total(a) {\n  }\n}\n',
  'app/twin/index.js': 'export function twin() {}\n',
  'lib/twin/index.js': 'export function twin() {}\n',
  'app/worker.py':
    'class Batch:\n    def serialise(self):\n        pass\n\nclass Other:\n    def serialise(self):\n        pass\n\nasync def main():\n    pass\n',
  'src/main/java/com/acme/shop/Shop.java':
    'class Shop {\n  double total(int a) {\n    return total(a, 2);\n  }\n  static class Cart {\n    Cart(int size) {\n    }\n    @Override public double total(int a) {\n      return 0;\n    }\n  }\n  void twice(int a) {\n  }\n  void twice(String a) {\n  }\n}\n',
  'src/test/java/com/acme/shop/Shop.java': 'class Shop {\n  double total(int a) {\n  }\n}\n',
  'src/main/kotlin/Prices.kt': 'fun roundUp(value: Int): Int {\n  return value\n}\n',
  'cmd/shop/main.go': 'package main\n\nfunc handle(w int) {\n}\n\nfunc main() {\n\thandle(1)\n}\n',
  'tools/lint/main.go': 'package lint\n\nfunc handle(w int) {\n}\n',
  'pricing/rules.go':
    'package pricing\n\nfunc (r *Rules) Apply(a int) int {\n}\n\nfunc Sum[T any](values []T) T {\n}\n',
  'billing/rules.go': 'package billing\n\nfunc (r *Rules) Apply(a int) int {\n}\n',
  'native/shop.c':
    '#include "shop.h"\n\nstatic int\nprice_orders(struct order *o)\n{\n  if (check_order(o)) return 1;\n}\n\nint check_order(struct order *o) {\n}\n',
  'native/shop.h': 'int price_orders(struct order *o);\nint check_order(struct order *o);\n',
  'native/cart.cpp':
    'namespace acme {\ndouble Cart::total(int a) const {\n}\ndouble Basket::total(int a) const {\n}\n}\n',
  'rust/src/shop/cart.rs':
    'impl<T> Cart<T> {\n    pub fn sum(&self) -> u32 {\n    }\n}\nimpl fmt::Display for Basket {\n    fn sum(&self) -> u32 {\n    }\n}\n',
  'lib/shop/cart.rb':
    'module Shop\n  class Cart\n    def total?\n    end\n\n    private def total(lines)\n    end\n  end\n\n  class Order\n    def total\n    end\n  end\nend\n',
  'web/src/Cart.php':
    '<?php\nnamespace Acme\\Shop;\n\nfinal class Cart\n{\n    public function total(array $lines): int\n    {\n        return $this->total([]);\n    }\n}\n',
  'web/src/Order.php': '<?php\nclass Order\n{\n    public static function total(): int\n    {\n    }\n}\n',
  'net/Orders.cs':
    'namespace Acme.Shop;\n\npublic class Orders\n{\n    public Orders(int size)\n    {\n    }\n\n    public async Task<int> PlaceAsync(Order order)\n    {\n        return await PlaceAsync(order);\n    }\n\n    public int Count(int a) => a + 1;\n}\n',
  'rust/src/basket.rs': 'pub fn sum(a: u32) -> u32 {\n}\n',
};

describe('from a frame to its definition', () => {
  let repository: TestRepository;
  let search: CodeSearch;

  beforeAll(async () => {
    repository = new TestRepository();
    const revision = repository.commit({ subject: 'All', files });
    search = await openGitCodeSearch({ repository: config(), revision, mirrorDirectory: null });
  });
  afterAll(() => repository[Symbol.dispose]());

  const config = () => ({ url: repository.folder, containerRoot: '/srv/shop', sourceRoot: '' });
  const own = (frame: Partial<FrameAnatomy>) =>
    anatomy({ category: 'own', language: 'javascript', name: frame.function ?? '', ...frame });
  const locate = (frame: Partial<FrameAnatomy>, repositoryConfig = config()) =>
    locateFunction(own(frame), repositoryConfig, search);

  test.each<[string, Partial<FrameAnatomy>, string, number]>([
    [
      'a Ruby method by its class, where the frame has the running line in its file',
      { language: 'ruby', function: 'total', class: 'Cart', file: '/srv/shop/lib/shop/cart.rb' },
      'lib/shop/cart.rb',
      6,
    ],
    [
      'a PHP method by the file of its class',
      { language: 'php', function: 'total', class: 'Cart', package: 'Acme\\Shop' },
      'web/src/Cart.php',
      6,
    ],
    [
      'a C# method by the file of its class',
      { language: 'csharp', function: 'PlaceAsync', class: 'Orders', package: 'Acme.Shop' },
      'net/Orders.cs',
      9,
    ],
    [
      'a C# constructor',
      { language: 'csharp', function: 'Orders', class: 'Orders', package: 'Acme.Shop' },
      'net/Orders.cs',
      5,
    ],
    [
      'a C# method that is an expression',
      { language: 'csharp', function: 'Count', class: 'Orders', package: 'Acme.Shop' },
      'net/Orders.cs',
      14,
    ],
    [
      'file and line of the frame',
      { function: 'applyDiscounts', file: '/srv/shop/app/pricing.js', line: 3 },
      'app/pricing.js',
      3,
    ],
    [
      'the name when the line does not hold it',
      { function: 'applyDiscounts', file: '/srv/shop/app/pricing.js', line: 12 },
      'app/pricing.js',
      3,
    ],
    [
      'the end of the path when the container has another root',
      { function: 'applyDiscounts', file: '/build/47/app/pricing.js', line: 3 },
      'app/pricing.js',
      3,
    ],
    [
      'an arrow function',
      { function: 'round', file: '/srv/shop/app/pricing.js', line: 1 },
      'app/pricing.js',
      7,
    ],
    ['a method', { function: 'total', file: '/srv/shop/app/pricing.js', line: 1 }, 'app/pricing.js', 10],
    [
      'a function without a name, by its line',
      { function: '', file: '/srv/shop/app/pricing.js', line: 7 },
      'app/pricing.js',
      7,
    ],
    [
      'Python, by class',
      { language: 'python', class: 'Other', function: 'serialise', file: '/srv/shop/app/worker.py' },
      'app/worker.py',
      6,
    ],
    [
      'Python, asynchronous',
      { language: 'python', function: 'main', file: '/srv/shop/app/worker.py' },
      'app/worker.py',
      9,
    ],
    [
      'Java, by package and class, tests last',
      { language: 'java', package: 'com.acme.shop', class: 'Shop', function: 'total' },
      'src/main/java/com/acme/shop/Shop.java',
      2,
    ],
    [
      'Java, inner class',
      { language: 'java', package: 'com.acme.shop', class: 'Shop.Cart', function: 'total' },
      'src/main/java/com/acme/shop/Shop.java',
      8,
    ],
    [
      'Java, constructor',
      { language: 'java', package: 'com.acme.shop', class: 'Shop.Cart', function: 'Cart' },
      'src/main/java/com/acme/shop/Shop.java',
      6,
    ],
    [
      'Kotlin, file class in another folder',
      { language: 'java', package: 'com.acme.shop', class: 'PricesKt', function: 'roundUp' },
      'src/main/kotlin/Prices.kt',
      1,
    ],
    [
      'Go, package main by its clause',
      { language: 'go', package: 'main', function: 'handle' },
      'cmd/shop/main.go',
      3,
    ],
    [
      'Go, method by import path',
      { language: 'go', package: 'github.com/acme/shop/pricing', class: 'Rules', function: 'Apply' },
      'pricing/rules.go',
      3,
    ],
    [
      'Go, generic',
      { language: 'go', package: 'github.com/acme/shop/pricing', function: 'Sum' },
      'pricing/rules.go',
      6,
    ],
    ['C, name on a line of its own', { language: 'c', function: 'price_orders' }, 'native/shop.c', 4],
    ['C, not its declaration', { language: 'c', function: 'check_order' }, 'native/shop.c', 9],
    [
      'C++, by class',
      { language: 'c', package: 'acme', class: 'Cart', function: 'total' },
      'native/cart.cpp',
      2,
    ],
    [
      'Rust, by module and type',
      { language: 'rust', package: 'shop::cart', class: 'Cart', function: 'sum' },
      'rust/src/shop/cart.rs',
      2,
    ],
    [
      'Rust, implementation of a trait',
      { language: 'rust', package: 'shop::cart', class: 'Basket', function: 'sum' },
      'rust/src/shop/cart.rs',
      6,
    ],
  ])('%s', async (_, frame, path, line) => {
    expect(await locate(frame)).toEqual({ path, line, doubt: null });
  });

  test.each<[string, Partial<FrameAnatomy>, { path: string | null; doubt: string }]>([
    [
      'several files',
      { function: 'twin', file: '/elsewhere/twin/index.js', line: 1 },
      {
        path: null,
        doubt: '2 files could be /elsewhere/twin/index.js: app/twin/index.js, lib/twin/index.js',
      },
    ],
    [
      'several definitions in one file',
      { language: 'java', package: 'com.acme.shop', class: 'Shop', function: 'twice' },
      {
        path: 'src/main/java/com/acme/shop/Shop.java',
        doubt: '2 definitions in src/main/java/com/acme/shop/Shop.java: lines 12, 14',
      },
    ],
    [
      'no file',
      { function: 'f', file: '/srv/shop/dist/server.js', line: 1 },
      { path: null, doubt: 'no file like /srv/shop/dist/server.js at this revision' },
    ],
    [
      'no definition',
      { language: 'go', package: 'main', function: 'nowhere' },
      { path: null, doubt: 'no definition of nowhere found at this revision' },
    ],
    [
      'no definition in the file',
      { language: 'python', function: 'nowhere', file: '/srv/shop/app/worker.py' },
      { path: 'app/worker.py', doubt: 'no definition of nowhere in app/worker.py' },
    ],
    [
      'a language without patterns',
      { language: '', function: 'f' },
      { path: null, doubt: 'the frame does not say where its code is' },
    ],
    [
      'a name that is a regular expression',
      { language: 'python', function: '.*(', file: '/srv/shop/app/worker.py' },
      { path: 'app/worker.py', doubt: 'no definition of .*( in app/worker.py' },
    ],
  ])('says what is in doubt: %s', async (_, frame, expected) => {
    expect(await locate(frame)).toMatchObject({ ...expected, line: null });
  });

  test('looks only below the source root', async () => {
    const frame = { function: 'twin', file: '/srv/shop/twin/index.js', line: 1 };
    expect(await locate(frame, { ...config(), sourceRoot: 'lib' })).toMatchObject({
      path: 'lib/twin/index.js',
      line: 1,
    });
  });
});
