import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openGitCodeSearch } from '../../../workers/suspect/code-search/git.ts';
import { permanentLink } from '../../../workers/suspect/code-search/link.ts';
import { codeSearchContract } from './code-search.contract.ts';
import { TestRepository } from './git-repository.ts';

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'avalanche-mirrors-'));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function repositoryAt(url: string) {
  return { url, containerRoot: '', sourceRoot: '' };
}

codeSearchContract('git in a checkout', (folder, revision) =>
  openGitCodeSearch({ repository: repositoryAt(folder), revision, mirrorDirectory: null }),
);

const sharedMirrors = newFolder();
codeSearchContract('git in a mirror', (folder, revision) =>
  openGitCodeSearch({ repository: repositoryAt(folder), revision, mirrorDirectory: sharedMirrors }),
);

describe('history', () => {
  test('of commits of one second, as a rebase makes them, begins with the last of the series', async () => {
    using repository = new TestRepository();
    const date = '2026-01-01T00:00:00Z';
    const lines = ['one', 'two', 'three', 'four', 'five', 'six'];
    const ids = lines.map((subject, index) =>
      repository.commit({ subject, date, files: { 'a.txt': `${lines.slice(0, index + 1).join('\n')}\n` } }),
    );
    const search = await openGitCodeSearch({
      repository: repositoryAt(repository.folder),
      revision: 'main',
      mirrorDirectory: null,
    });
    expect((await search.blame('a.txt', 1, 6))[0]?.id).toBe(ids.at(-1));
    expect((await search.blame('a.txt', 1, 3))[0]?.id).toBe(ids[2]);
    expect(await search.blame('a.txt', 1, 6)).toHaveLength(6);
  });
});

describe('mirror', () => {
  test('fetches when the revision is not there yet, and only then', async () => {
    using repository = new TestRepository();
    const first = repository.commit({ subject: 'One', files: { 'a.js': 'function a() {}\n' } });
    const mirrorDirectory = newFolder();
    const open = (revision: string) =>
      openGitCodeSearch({ repository: repositoryAt(repository.folder), revision, mirrorDirectory });
    await open(first);
    const second = repository.commit({ subject: 'Two', files: { 'a.js': 'function b() {}\n' } });
    expect((await (await open(second)).resolveRevision()).id).toBe(second);
    // With the original gone, what has been fetched is still there.
    rmSync(repository.folder, { recursive: true });
    expect((await (await open(first)).resolveRevision()).id).toBe(first);
    await expect(open('0123456789abcdef')).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' });
  });

  test('is cloned once when several ask for it at once', async () => {
    using repository = new TestRepository();
    const id = repository.commit({ subject: 'One', files: { 'a.js': 'function a() {}\n' } });
    const mirrorDirectory = newFolder();
    const opened = await Promise.all(
      Array.from({ length: 4 }, () =>
        openGitCodeSearch({ repository: repositoryAt(repository.folder), revision: 'main', mirrorDirectory }),
      ),
    );
    for (const search of opened) expect((await search.resolveRevision()).id).toBe(id);
    expect(readdirSync(mirrorDirectory)).toHaveLength(1);
  });

  test('takes over the lock of a process that died', async () => {
    using repository = new TestRepository();
    const revision = repository.commit({ subject: 'One', files: { 'a.js': 'function a() {}\n' } });
    const mirrorDirectory = newFolder();
    const open = () =>
      openGitCodeSearch({ repository: repositoryAt(repository.folder), revision, mirrorDirectory });
    await open();
    const [name] = readdirSync(mirrorDirectory);
    rmSync(join(mirrorDirectory, name!), { recursive: true });
    const lock = join(mirrorDirectory, `${name}.lock`);
    writeFileSync(lock, 'someone');
    utimesSync(lock, new Date(0), new Date(0));
    await open();
    expect(existsSync(lock)).toBe(false);
  });

  test.each([
    '--upload-pack=touch hostile',
    'ext::touch hostile',
    '/nowhere/at/all',
    'https://user:secret@127.0.0.1:1/shop.git',
  ])('names the repository %j that cannot be read, without its password', async (url) => {
    const opening = openGitCodeSearch({
      repository: repositoryAt(url),
      revision: 'main',
      mirrorDirectory: newFolder(),
    });
    await expect(opening).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' });
    await expect(opening).rejects.not.toThrow(/secret/);
  });
});

describe('git in place', () => {
  test('reads a bare repository, a subfolder of a checkout and a linked work tree', async () => {
    using repository = new TestRepository();
    const revision = repository.commit({ subject: 'One', files: { 'src/a.js': 'function a() {}\n' } });
    const bare = join(newFolder(), 'bare.git');
    execFileSync('git', ['clone', '--quiet', '--bare', repository.folder, bare]);
    const tree = join(newFolder(), 'tree');
    repository.git('worktree', 'add', '--quiet', '--detach', tree);
    for (const url of [bare, join(repository.folder, 'src'), tree]) {
      const search = await openGitCodeSearch({
        repository: repositoryAt(url),
        revision,
        mirrorDirectory: null,
      });
      expect(await search.findFiles('a.js')).toEqual(['src/a.js']);
      expect(await search.blame('src/a.js', 1, 1)).toHaveLength(1);
    }
  });

  test('runs nothing that the repository names in its configuration', async () => {
    using repository = new TestRepository();
    const revision = repository.commit({
      subject: 'One',
      files: { 'a.js': 'function a() {}\n', '.gitattributes': '*.js diff=hostile\n' },
    });
    const trace = join(repository.folder, 'ran');
    for (const key of ['core.fsmonitor', 'diff.hostile.textconv', 'diff.external', 'core.pager']) {
      repository.git('config', key, `touch ${trace};`);
    }
    const search = await openGitCodeSearch({
      repository: repositoryAt(repository.folder),
      revision,
      mirrorDirectory: null,
    });
    await search.findDefinitions({ name: 'a', pattern: 'function a', paths: ['*.js'] });
    await search.blame('a.js', 1, 1);
    expect(existsSync(trace)).toBe(false);
  });

  test('lines older than a shallow history have no known commit', async () => {
    using repository = new TestRepository();
    repository.commit({ subject: 'One', files: { 'a.js': 'function a() {}\n' } });
    repository.commit({ subject: 'Two', files: { 'b.js': 'function b() {}\n' } });
    const shallow = join(newFolder(), 'shallow');
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository.folder}`, shallow]);
    const search = await openGitCodeSearch({
      repository: repositoryAt(shallow),
      revision: 'HEAD',
      mirrorDirectory: null,
    });
    expect(await search.blame('a.js', 1, 1)).toEqual([]);
  });

  test('says what is wrong with a folder that is no repository', async () => {
    const url = newFolder();
    await expect(
      openGitCodeSearch({ repository: repositoryAt(url), revision: null, mirrorDirectory: null }),
    ).rejects.toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
      message: expect.stringContaining(url),
    });
  });

  test('stops when it is cancelled', async () => {
    using repository = new TestRepository();
    repository.commit({ subject: 'One' });
    const signal = AbortSignal.abort();
    const opening = openGitCodeSearch({
      repository: repositoryAt(repository.folder),
      revision: null,
      mirrorDirectory: null,
      signal,
    });
    await expect(opening).rejects.toMatchObject({ code: 'REPOSITORY_UNREADABLE' });
  });
});

describe('permanent link', () => {
  const revision = '3c0f2a5b9d1e4f60718293a4b5c6d7e8f9012345';
  const place = { revision, path: 'src/a b/[x]#1.ts', line: 12 };
  const encoded = 'src/a%20b/%5Bx%5D%231.ts';
  test.each([
    [
      'github',
      'https://github.com/acme/shop',
      `https://github.com/acme/shop/blob/${revision}/${encoded}#L12`,
    ],
    [
      'gitlab',
      'https://git.acme.example/team/shop.git',
      `https://git.acme.example/team/shop/-/blob/${revision}/${encoded}#L12`,
    ],
    [
      'gitea',
      'https://gitea.example/acme/shop/',
      `https://gitea.example/acme/shop/src/commit/${revision}/${encoded}?display=source#L12`,
    ],
    [
      'bitbucket-cloud',
      'https://bitbucket.org/acme/shop',
      `https://bitbucket.org/acme/shop/src/${revision}/${encoded}#lines-12`,
    ],
    [
      'bitbucket-server',
      'https://bb.example/projects/A/repos/shop',
      `https://bb.example/projects/A/repos/shop/browse/${encoded}?at=${revision}#12`,
    ],
    [
      'azure-devops',
      'https://dev.azure.com/acme/_git/shop',
      `https://dev.azure.com/acme/_git/shop?path=/${encoded}&version=GC${revision}&_a=contents&line=12&lineEnd=13&lineStartColumn=1&lineEndColumn=1`,
    ],
    ['gitiles', 'https://g.example/shop', `https://g.example/shop/+/${revision}/${encoded}#12`],
    ['cgit', 'https://c.example/shop', `https://c.example/shop/tree/${encoded}?id=${revision}#n12`],
    [
      'gitweb',
      'https://w.example/?p=shop',
      `https://w.example/?p=shop;a=blob;f=${encoded};hb=${revision}#l12`,
    ],
    ['template', 'https://x.example/{revision}/{path}#{line}', `https://x.example/${revision}/${encoded}#12`],
  ] as const)('%s', (kind, web, expected) => {
    expect(permanentLink({ ...repositoryAt(''), link: { kind, web } }, place)).toBe(expected);
  });

  test('shows the source of files that are rendered', () => {
    const link = { kind: 'github', web: 'https://github.com/acme/shop' } as const;
    expect(permanentLink({ ...repositoryAt(''), link }, { revision, path: 'README.md', line: 3 })).toMatch(
      /README\.md\?plain=1#L3$/,
    );
  });

  test('there is none without a code host', () => {
    expect(permanentLink(repositoryAt(''), place)).toBeNull();
  });
});
