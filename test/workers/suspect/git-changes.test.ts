import { afterAll, describe, expect, test } from 'vitest';
import { kindOfChange } from '../../../workers/suspect/change-kind.ts';
import { openGitCodeSearch } from '../../../workers/suspect/code-search/git.ts';
import { parseDifference } from '../../../workers/suspect/code-search/git-changes.ts';
import { TestRepository } from './git-repository.ts';

const repository = new TestRepository();
afterAll(() => repository[Symbol.dispose]());

const cart = (body: string) => `export function total(lines) {\n${body}\n}\n\nexport const limit = 10;\n`;
const first = repository.commit({
  subject: 'Begin',
  files: { 'src/cart.js': cart('  return lines.length;'), 'notes.md': 'a\n' },
});
repository.commit({ subject: 'Format', files: { 'src/cart.js': cart('    return   lines.length;') } });
const guilty = repository.commit({
  subject: 'Sort',
  author: 'Jon Feld',
  files: { 'src/cart.js': cart('  lines.sort();\n  return lines.length;') },
});
const elsewhere = repository.commit({
  subject: 'Raise the limit',
  files: { 'src/cart.js': cart('  lines.sort();\n  return lines.length;').replace('10', '20') },
});
const after = repository.commit({
  subject: 'Take the length out',
  files: { 'src/cart.js': cart('  lines.sort();').replace('10', '20'), 'notes.md': 'b\n' },
});
repository.commit({ subject: 'Not deployed', files: { 'src/cart.js': cart('  return 1;') } });

async function open(revision: string) {
  return await openGitCodeSearch({
    repository: { url: repository.folder, containerRoot: '', sourceRoot: '' },
    revision,
    mirrorDirectory: null,
  });
}

describe('what changed between two revisions', () => {
  test('is told by place, without white space, documents and what is not deployed', async () => {
    expect(await (await open(after)).compareWith!(first)).toEqual([
      {
        path: 'src/cart.js',
        hunks: [
          { line: 2, removed: ['  return lines.length;'], added: ['  lines.sort();'] },
          { line: 5, removed: ['export const limit = 10;'], added: ['export const limit = 20;'] },
        ],
      },
    ]);
  });

  test('is nothing between a revision and itself, and unknown for one that is not there', async () => {
    const search = await open(after);
    expect(await search.compareWith!(after)).toEqual([]);
    expect(await search.compareWith!('0123456789abcdef0123456789abcdef01234567')).toBeNull();
    await expect(search.compareWith!('--output=/tmp/x')).rejects.toMatchObject({ code: 'REVISION_UNKNOWN' });
  });

  test('names the commits that touched the lines, deletions included, newest first', async () => {
    const changes = await (await open(after)).listChanges!('src/cart.js', { first: 1, last: 3 }, first);
    const real = changes.filter(({ hunks }) =>
      hunks.some(({ removed, added }) => kindOfChange(removed, added, 'javascript') !== 'same'),
    );
    expect(real.map(({ id }) => id)).toEqual([after, guilty]);
    expect(real[1]).toMatchObject({
      author: 'Jon Feld',
      subject: 'Sort',
      hunks: [{ added: expect.arrayContaining(['  lines.sort();']) }],
    });
    expect(changes.map(({ id }) => id)).not.toContain(elsewhere);
  });

  test('reads removed lines that look like headers as lines', () => {
    const patch = '+++ b/q.sql\n@@ -1,2 +1,1 @@\n--- a/comment\n-@@ -1 +1 @@\n++++ b/other\n';
    expect(parseDifference(patch)).toEqual([
      {
        path: 'q.sql',
        hunks: [{ line: 1, removed: ['-- a/comment', '@@ -1 +1 @@'], added: ['+++ b/other'] }],
      },
    ]);
  });
});
