import { describe, expect, test } from 'vitest';
import { readHtmlListing } from '../../workers/snapshot/sources/listing-html.ts';
import { readJsonListing } from '../../workers/snapshot/sources/listing-json.ts';

const folder = new URL('http://logs.example/pods/shop/');

async function* inPieces(text: string, length = text.length): AsyncGenerator<string> {
  for (let start = 0; start < text.length; start += length) yield text.slice(start, start + length);
}

/** `name/` for folders, `name` for files, with the time where one is told. */
async function readHtml(page: string, pieces?: number): Promise<string[]> {
  const { entries } = await readHtmlListing(inPieces(page, pieces), folder, 100_000);
  return [...entries].map(([name, entry]) => {
    if (entry?.kind === 'folder') return `${name}/`;
    return entry?.updatedAt == null
      ? name
      : `${name} ${new Date(entry.updatedAt).toISOString().slice(0, 16)}`;
  });
}

const nginx = `<html>
<head><title>Index of /pods/shop/</title></head>
<body>
<h1>Index of /pods/shop/</h1><hr><pre><a href="../">../</a>
<a href="shop-1/">shop-1/</a>                                            24-Nov-2026 21:43                   -
<a href="a-very-long-name-of-a-pod-7d9f8b6c5-abcde-perf-record.tar.gz">a-very-long-name-of-a-pod-7d9f8b6c5-abcde-perf-..&gt;</a> 24-Nov-2026 21:44  57K
<a href="a%20b%26c.tar.gz">a b&amp;c.tar.gz</a>                          24-Nov-2026 21:45                5731
</pre><hr></body>
</html>`;

const apacheTable = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><body><h1>Index of /pods/shop</h1><table>
<tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td valign="top"><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/pods/">Parent Directory</a></td><td>&nbsp;</td></tr>
<tr><td valign="top"><img src="/icons/folder.gif" alt="[DIR]"></td><td><a href="shop-1/">shop-1/</a></td><td align="right">2026-11-24 21:43  </td><td align="right">  - </td></tr>
<tr><td valign="top"><img src="/icons/compressed.gif" alt="[   ]"></td><td><a href="perf.tar.gz">perf.tar.gz</a></td><td align="right">2026-11-24 21:44  </td><td align="right">5.6K</td></tr>
</table></body></html>`;

const apacheList = `<html><body><ul><li><a href="/pods/"> Parent Directory</a></li>
<li><a href="perf.tar.gz"> perf.tar.gz</a></li><li><a href="shop-1/"> shop-1/</a></li></ul></body></html>`;

describe('an index page', () => {
  test.each([
    [
      'nginx',
      nginx,
      [
        'shop-1/',
        'a-very-long-name-of-a-pod-7d9f8b6c5-abcde-perf-record.tar.gz 2026-11-24T21:44',
        'a b&c.tar.gz 2026-11-24T21:45',
      ],
    ],
    ['Apache, as a table', apacheTable, ['shop-1/', 'perf.tar.gz 2026-11-24T21:44']],
    ['Apache, as a list', apacheList, ['perf.tar.gz', 'shop-1/']],
    ['with many a line and picture', `${'<hr><img src="x"><br><p>'.repeat(200)}<a href="x">x</a>`, ['x']],
    ['of nothing', '', []],
    ['cut off in a link', '<a href="shop-1/">x</a> <a href="sho', ['shop-1/']],
    ['with a date that is none', '<a href="x">x</a> 99-Nov-2026 21:43', ['x']],
  ])('of %s', async (_name, page, expected) => {
    expect(await readHtml(page)).toEqual(expected);
    expect(await readHtml(page, 7)).toEqual(expected);
  });

  test('of 100,000 files is one answer', async () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, index) => `<a href="pod-${index}/">pod-${index}/</a>   24-Nov-2026 21:43   -\n`,
    );
    const before = process.cpuUsage();
    const { entries, isWhole } = await readHtmlListing(inPieces(lines.join(''), 65_536), folder, 100_000);
    expect([entries.size, isWhole]).toEqual([100_000, true]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(5_000);
  });

  test('of more than wanted is read as far as that', async () => {
    const page = '<a href="a">a</a><a href="b">b</a><a href="c">c</a>';
    const { entries, isWhole } = await readHtmlListing(inPieces(page, 5), folder, 2);
    expect([[...entries.keys()], isWhole]).toEqual([['a', 'b'], false]);
  });
});

describe('a listing in JSON', () => {
  const listing = (length: number) =>
    JSON.stringify(
      Array.from({ length }, (_, index) => ({
        name: `pod-${index}`,
        type: 'directory',
        mtime: 'Tue, 24 Nov 2026 21:43:00 GMT',
      })),
    );

  test('of nginx', () => {
    const text = `[
{ "name":"shop-1", "type":"directory", "mtime":"Tue, 24 Nov 2026 21:43:00 GMT" },
{ "name":"a \\"b\\".tar.gz", "type":"file", "mtime":"Tue, 24 Nov 2026 21:44:01 GMT", "size":5731 },
{ "name":"socket", "type":"other", "mtime":"never" }
]`;
    const { entries } = readJsonListing(text, 100);
    expect(Object.fromEntries(entries)).toEqual({
      'shop-1': { kind: 'folder', updatedAt: Date.UTC(2026, 10, 24, 21, 43), looseMs: 0 },
      'a "b".tar.gz': { kind: 'file', updatedAt: Date.UTC(2026, 10, 24, 21, 44, 1), looseMs: 0 },
      socket: { kind: 'other', updatedAt: null, looseMs: 0 },
    });
  });

  test('of 100,000 files is one answer; of more than wanted it is read as far as that', () => {
    expect(readJsonListing(listing(100_000), 100_000)).toMatchObject({ isWhole: true });
    expect(readJsonListing(listing(3), 2)).toMatchObject({ isWhole: false });
    expect(readJsonListing(listing(3), 2).entries.size).toBe(2);
  });
});
