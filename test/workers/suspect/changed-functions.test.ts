import { afterEach, describe, expect, test } from 'vitest';
import { findChangedFunctions } from '../../../workers/suspect/changed-functions.ts';
import { openGitCodeSearch } from '../../../workers/suspect/code-search/git.ts';
import { nameFrames } from '../../../workers/suspect/frames/name-frames.ts';
import { measureOwnTime } from '../../../workers/suspect/own-time.ts';
import { TestRepository } from './git-repository.ts';
import { profileOf } from './profiles.ts';

let repository: TestRepository;
afterEach(() => repository[Symbol.dispose]());

/** What of the recorded functions changed, as `name kind (constant)`. */
async function changesOf(
  folded: string,
  before: Record<string, string>,
  after: Record<string, string | null>,
) {
  repository = new TestRepository();
  const since = repository.commit({ subject: 'Begin', files: before });
  repository.commit({ subject: 'Change', files: after });
  const search = await openGitCodeSearch({
    repository: { url: repository.folder, containerRoot: '', sourceRoot: '' },
    revision: null,
    mirrorDirectory: null,
  });
  const time = measureOwnTime(nameFrames(profileOf(folded), null), {});
  const recorded = [...time.functions.values()];
  const found = await findChangedFunctions(recorded, (await search.compareWith!(since))!, search);
  return recorded.flatMap(({ key, name }) => {
    const change = found.get(key);
    if (change === undefined) return [];
    return [`${name} ${change.kind}${change.via === null ? '' : ` by ${change.via.name}`}`];
  });
}

const python = (body: string) => `LIMIT = 3\n\ndef load(a):\n    ${body}\n\ndef show(a):\n    return a\n`;
const stacks = 'py::load:/app/shop.py 10\npy::show:/app/shop.py 10';

describe('functions that changed', () => {
  test('are those whose lines differ, and no others', async () => {
    expect(
      await changesOf(stacks, { 'shop.py': python('return a') }, { 'shop.py': python('return sorted(a)') }),
    ).toEqual(['load real']);
  });

  test('are found beside a line that a machine wrote', async () => {
    const written = `const DATA ${'a:'.repeat(100_000)}\n`;
    const before = { 'shop.py': python('return a') };
    const after = { 'shop.py': python('return sorted(a)') + written };
    expect(await changesOf(stacks, before, after)).toEqual(['load real']);
  });

  test('are those that lost lines', async () => {
    expect(
      await changesOf(
        stacks,
        { 'shop.py': python('if a: return a\n    return all(a)') },
        { 'shop.py': python('return all(a)') },
      ),
    ).toEqual(['load real']);
  });

  test('are not those that were formatted or explained', async () => {
    expect(
      await changesOf(
        stacks,
        { 'shop.py': python('return [a, 1]') },
        { 'shop.py': python('# so\n    return [ a,\n      1 ]') },
      ),
    ).toEqual([]);
  });

  test('are those that read a constant which changed', async () => {
    const before = python('return a[:LIMIT]');
    expect(await changesOf(stacks, { 'shop.py': before }, { 'shop.py': before.replace('3', '300') })).toEqual(
      ['load literal by LIMIT'],
    );
  });

  test('are not those that moved to another file', async () => {
    const moved = 'def load(a):\n    first = a[0]\n    second = a[1]\n    return first + second\n';
    const rest = 'def show(a):\n    return a\n';
    expect(
      await changesOf(
        stacks.replace('load:/app/shop.py', 'load:/app/load.py'),
        { 'shop.py': `${moved}\n${rest}` },
        { 'shop.py': rest, 'load.py': moved },
      ),
    ).toEqual([]);
  });

  test('are told apart by their class', async () => {
    const java = (a: string, b: string) =>
      `class Cart {\n  static class Line {\n    int total() {\n      return ${a};\n    }\n  }\n\n  static class Sum {\n    int total() {\n      return ${b};\n    }\n  }\n}\n`;
    expect(
      await changesOf(
        'com/acme/Cart$Line:::total 5\ncom/acme/Cart$Sum:::total 5',
        { 'src/com/acme/Cart.java': java('1', '2') },
        { 'src/com/acme/Cart.java': java('1', 'slow() + 2') },
      ),
    ).toEqual(['Cart.Sum.total real']);
  });
});
