import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodeSearch } from '../../../workers/suspect/code-search/code-search.ts';
import { TestRepository } from './git-repository.ts';

const cart = [
  'export function total(cart) {',
  '  let sum = 0;',
  '  for (const line of cart) sum += line.price;',
  '  return sum;',
  '}',
  '',
];
const slowCart = [
  ...cart.slice(0, 2),
  '  for (const a of cart) for (const b of cart) sum += a.price * b.share;',
  ...cart.slice(3),
];

/** The repository that every engine has to answer about. */
function buildRepository() {
  const repository = new TestRepository();
  const first = repository.commit({
    subject: 'The cart',
    author: 'Ada Berg',
    files: {
      'src/cart.js': cart.join('\n'),
      'src/other/cart.js': 'export function total() {\n  return 0;\n}\n',
      'src/with blank/"quoted" [1]*.js': 'export function odd() {\n  return 1;\n}\n',
      'src/crlf.py': 'import os\r\n\r\ndef price(order):\r\n    return order * 2\r\n',
      'src/binary.js': 'function total(\0) {}\n',
      'src/latin1.js': 'function umlaut() {}\n',
      'link-target.js': 'export function linked() {}\n',
    },
    links: { 'src/link.js': '../link-target.js' },
  });
  const slow = repository.commit({
    subject: 'Price rules: apply every rule',
    files: { 'src/cart.js': slowCart.join('\n') },
  });
  const reformatted = repository.commit({
    subject: 'Reformat',
    author: 'Otto Frey',
    files: { 'src/cart.js': slowCart.map((line) => line.replace(/^ {2}/, '\t')).join('\n') },
  });
  const moved = repository.commit({
    subject: 'Header',
    author: 'Otto Frey',
    files: {
      'src/cart.js': ['// The cart', '', ...slowCart.map((line) => line.replace(/^ {2}/, '\t'))].join('\n'),
    },
  });
  repository.git('update-index', '--add', '--cacheinfo', `160000,${first},vendored`);
  repository.git('-c', 'user.name=a', '-c', 'user.email=a@a', 'commit', '--quiet', '-m', 'A submodule');
  repository.git('tag', 'v1', first);
  repository.git('update-ref', 'refs/heads/--upload-pack=hostile', first);
  return { repository, commits: { first, slow, reformatted, moved } };
}

/**
 * What every engine promises.
 *
 * @param open reads the repository in `folder` at `revision`
 */
export function codeSearchContract(
  name: string,
  open: (folder: string, revision: string | null) => Promise<CodeSearch>,
): void {
  describe(`code search by ${name}`, () => {
    let built: ReturnType<typeof buildRepository>;
    let search: CodeSearch;
    const at = (revision: string | null) => open(built.repository.folder, revision);

    beforeAll(async () => {
      built = buildRepository();
      search = await at(built.commits.moved);
    });
    afterAll(() => built.repository[Symbol.dispose]());

    test('gives the full id for an id, a short id and a tag', async () => {
      const { first } = built.commits;
      for (const revision of [first, first.slice(0, 10), 'v1']) {
        expect(await (await at(revision)).resolveRevision()).toEqual({ id: first, isHead: false });
      }
    });

    test('says so when the head stands in for an unknown revision', async () => {
      expect(await (await at(null)).resolveRevision()).toMatchObject({ isHead: true });
    });

    test.each([
      'nowhere',
      '0123456789abcdef0123456789abcdef01234567',
      '--upload-pack=hostile',
      '-h',
      'main:src',
      'main..v1',
      'HEAD^',
      '',
      'a\nb',
    ])('refuses the revision %j', async (revision) => {
      await expect(at(revision)).rejects.toMatchObject({ code: 'REVISION_UNKNOWN' });
    });

    test('finds files by the end of their path, and only files', async () => {
      expect(await search.findFiles('cart.js')).toEqual(['src/cart.js', 'src/other/cart.js']);
      expect(await search.findFiles('other/cart.js')).toEqual(['src/other/cart.js']);
      expect(await search.findFiles('art.js')).toEqual([]);
      expect(await search.findFiles('link.js')).toEqual([]);
      expect(await search.findFiles('vendored')).toEqual([]);
    });

    test('finds definitions in the first of the paths that has any', async () => {
      const query = { name: 'total', pattern: 'function[[:space:]]+total[[:space:]]*\\(' };
      expect(await search.findDefinitions({ ...query, paths: ['src/cart.js'] })).toEqual([
        { path: 'src/cart.js', line: 3, text: 'export function total(cart) {' },
      ]);
      const everywhere = await search.findDefinitions({ ...query, paths: ['*.py', '*.js'] });
      expect(everywhere.map(({ path }) => path)).toEqual(['src/cart.js', 'src/other/cart.js']);
      expect(await search.findDefinitions({ ...query, paths: ['*.go'] })).toEqual([]);
    });

    test('looks at the revision and not at what came later', async () => {
      const before = await at(built.commits.first);
      const found = await before.findDefinitions({
        name: 'total',
        pattern: 'function total',
        paths: ['src/cart.js'],
      });
      expect(found[0]?.line).toBe(1);
      expect((await before.readLines('src/cart.js', 3, 3))[0]).toContain('of cart) sum += line.price');
    });

    test('takes blanks, quotes and brackets in a path literally', async () => {
      const path = 'src/with blank/"quoted" [1]*.js';
      expect(await search.findFiles('"quoted" [1]*.js')).toEqual([path]);
      const query = { name: 'odd', pattern: 'function odd', paths: [path] };
      expect(await search.findDefinitions(query)).toEqual([
        { path, line: 1, text: 'export function odd() {' },
      ]);
      expect(await search.readLines(path, 1, 1)).toEqual(['export function odd() {']);
      expect(await search.blame(path, 1, 1)).toHaveLength(1);
    });

    test('reads lines without their ends, fewer at the end, none of what is not text', async () => {
      expect(await search.readLines('src/crlf.py', 3, 4)).toEqual([
        'def price(order):',
        '    return order * 2',
      ]);
      expect(await search.readLines('src/crlf.py', 4, 99)).toHaveLength(1);
      expect(await search.readLines('src/crlf.py', 5, 9)).toEqual([]);
      for (const path of ['src/binary.js', 'src/none.js', 'src/link.js', 'vendored', 'src']) {
        expect(await search.readLines(path, 1, 9)).toEqual([]);
      }
    });

    test('a definition in a file with CRLF has no line end', async () => {
      const query = { name: 'price', pattern: 'def[[:space:]]+price', paths: ['*.py'] };
      expect(await search.findDefinitions(query)).toEqual([
        { path: 'src/crlf.py', line: 3, text: 'def price(order):' },
      ]);
    });

    test('names what changed the lines last, beyond reformatting and moving', async () => {
      const [newest, ...older] = await search.blame('src/cart.js', 3, 7);
      expect(newest).toMatchObject({
        id: built.commits.slow,
        subject: 'Price rules: apply every rule',
        author: 'Mira Lang',
        date: '2026-01-01T00:01:00.000Z',
      });
      expect(older.map(({ id }) => id)).toEqual([built.commits.first]);
    });

    test('the first commit of all is a commit like others', async () => {
      expect(await search.blame('src/other/cart.js', 1, 3)).toMatchObject([
        { id: built.commits.first, author: 'Ada Berg' },
      ]);
    });

    test('describes itself', () => {
      expect(search.describe()).not.toBe('');
    });
  });
}
