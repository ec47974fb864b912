import { Parser } from 'htmlparser2';
import { type Entry, isPlainName, PlaceError } from './listing.ts';

/** No index page nests or adorns its links like this; a page that does would cost time and memory without end. */
const deepestNesting = 100;
const mostAttributes = 50;
const longestRemark = 200;
const minuteMs = 60_000;
/** Minutes only, and perhaps local time (nginx's `autoindex_localtime`, Apache): up to 14 hours off. */
const looseMs = 15 * 60 * minuteMs;

/**
 * Reads the entries of an index page: every link to something directly below `folder`, its name taken from `href`
 * (the text is shortened and escaped). Other links are passed over: to the folder above, to another order (Apache's
 * `?C=N;O=D`), to other places.
 *
 *     <a href="shop-1/">shop-1/</a>                24-Nov-2026 21:43       -
 *     <a href="a%20b.tar.gz">a b.tar.gz</a>        24-Nov-2026 21:43    5731
 *
 * @returns at most `mostEntries`; a folder where a link ends in `/`, an entry of null where no date follows
 * @throws PlaceError when the page is no index page
 */
export async function readHtmlListing(
  texts: AsyncIterable<string>,
  folder: URL,
  mostEntries: number,
): Promise<{ entries: Map<string, Entry | null>; isWhole: boolean }> {
  const entries = new Map<string, Entry | null>();
  let link: { href: string; isOpen: boolean; remark: string } | null = null;
  let depth = 0;
  let attributes = 0;
  const take = () => {
    const name = link === null ? null : nameBelow(link.href, folder);
    if (link !== null && name !== null) entries.set(name.name, toEntry(name.isFolder, link.remark));
    link = null;
  };
  const parser = new Parser({
    onopentagname() {
      attributes = 0;
      depth += 1;
      if (depth > deepestNesting)
        throw new PlaceError('sends a page that is no index page (nested too deep)');
    },
    onattribute() {
      attributes += 1;
      if (attributes > mostAttributes)
        throw new PlaceError('sends a page that is no index page (too many attributes)');
    },
    onopentag(name, { href }) {
      if (name !== 'a' || href === undefined) return;
      take();
      link = { href, isOpen: true, remark: '' };
    },
    ontext(text) {
      if (link !== null && !link.isOpen && link.remark.length < longestRemark) link.remark += text;
    },
    onclosetag(name) {
      depth -= 1;
      if (name === 'a' && link !== null) link.isOpen = false;
    },
  });
  for await (const text of texts) {
    parser.write(text);
    if (entries.size > mostEntries) return { entries: firstOf(entries, mostEntries), isWhole: false };
  }
  parser.end();
  take();
  if (entries.size > mostEntries) return { entries: firstOf(entries, mostEntries), isWhole: false };
  return { entries, isWhole: true };
}

function firstOf(entries: Map<string, Entry | null>, count: number): Map<string, Entry | null> {
  return new Map(entries.entries().take(count));
}

/** The name that a link gives to something directly below the folder; null when it leads anywhere else. */
function nameBelow(href: string, folder: URL): { name: string; isFolder: boolean } | null {
  const url = URL.parse(href, folder);
  if (url === null || url.origin !== folder.origin || url.search !== '') return null;
  if (!url.pathname.startsWith(folder.pathname)) return null;
  const rest = url.pathname.slice(folder.pathname.length);
  const isFolder = rest.endsWith('/');
  const name = decodeName(isFolder ? rest.slice(0, -1) : rest);
  return name === null || !isPlainName(name) ? null : { name, isFolder };
}

function decodeName(encoded: string): string | null {
  if (encoded.includes('/')) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Bytes that are not UTF-8: no template names them.
    return null;
  }
}

function toEntry(isFolder: boolean, remark: string): Entry | null {
  if (isFolder) return { kind: 'folder', updatedAt: null, looseMs: 0 };
  const updatedAt = readTime(remark);
  return updatedAt === null ? null : { kind: 'file', updatedAt, looseMs };
}

/** `24-Nov-2026 21:43` (nginx) or `2026-11-24 21:43` (Apache), taken as UTC. */
function readTime(remark: string): number | null {
  const [found] = remark.match(/\b(\d{2}-[A-Z][a-z]{2}-\d{4}|\d{4}-\d{2}-\d{2}) \d{2}:\d{2}\b/) ?? [];
  if (found === undefined) return null;
  const time = Date.parse(`${found.replace(/^(\d{2})-(\w{3})-(\d{4})/, '$1 $2 $3')}Z`);
  return Number.isNaN(time) ? null : time;
}
