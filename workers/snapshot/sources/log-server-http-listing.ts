import { AnswerCache, type Remembered } from './answer-cache.ts';
import { type Entry, type FolderListing, type Listing, PlaceError } from './listing.ts';
import { readHtmlListing } from './listing-html.ts';
import { readJsonListing } from './listing-json.ts';
import { type HttpAnswer, type HttpClient, HttpRefusal, readBody } from './log-server-http-client.ts';

/** nginx needs some 130 bytes an entry: 100,000 of them are 13 MB in one answer. */
const largestListingBytes = 32 * 1024 ** 2;
const listingMs = 60_000;
/** After so many places in a row for which the server was away, a search stops asking. */
const mostAwayInARow = 4;
const mostRemarks = 3;

/** In this process, for all log servers: the last good answers, to be asked about with their ETag, or to fall back on. */
const knownListings = new AnswerCache<FolderListing>(200_000);
const knownEntries = new AnswerCache<Entry>(50_000);

type Question<Value> = {
  url: URL;
  path: string;
  cache: AnswerCache<Value>;
  /** @returns null when nothing is there */
  ask(known: Remembered<Value> | undefined): Promise<Remembered<Value> | null>;
};

/** Index pages of a web server as one search sees them. Where the server is away, what it said last is used. */
export class HttpListing implements Listing {
  readonly atOnce: number;
  readonly #client: HttpClient;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #remarks = new Set<string>();
  #away: string | null = null;
  #awayInARow = 0;

  constructor(client: HttpClient, atOnce: number, now: () => number, signal: AbortSignal) {
    this.#client = client;
    this.atOnce = atOnce;
    this.#now = now;
    this.#signal = signal;
  }

  /** Why the server could not be asked about some place; null when it always answered. */
  get away(): string | null {
    return this.#away;
  }

  /** What was told from memory. */
  get remarks(): string[] {
    return [...this.#remarks];
  }

  show(path: string): string {
    return this.#client.show(path);
  }

  async list(folder: string, mostEntries: number): Promise<FolderListing> {
    const url = this.#client.urlOf(folder, 'folder');
    const listing = await this.#recall({
      url,
      path: folder,
      cache: knownListings,
      ask: (known) => this.#askForListing(url, known, mostEntries),
    });
    if (listing === null) throw new PlaceError('nothing there (404)');
    return listing;
  }

  async look(path: string, wanted: 'folder' | 'file'): Promise<Entry | null> {
    const url = this.#client.urlOf(path, wanted);
    return await this.#recall({
      url,
      path,
      cache: knownEntries,
      ask: () => (wanted === 'folder' ? this.#askForFolder(url) : this.#askForFile(url)),
    });
  }

  async #recall<Value>({ url, path, cache, ask }: Question<Value>): Promise<Value | null> {
    const key = this.#client.keyOf(url);
    const known = cache.get(key);
    try {
      const answer = await this.#askUnlessAway(() => ask(known));
      if (answer === null) cache.delete(key);
      else cache.set(key, answer);
      return answer?.value ?? null;
    } catch (error) {
      if (!(error instanceof PlaceError && error.isAway) || known === undefined) throw error;
      if (this.#remarks.size < mostRemarks) this.#remarks.add(this.#fromMemory(path, known, error));
      return known.value;
    }
  }

  async #askUnlessAway<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#away !== null && this.#awayInARow >= mostAwayInARow)
      throw new PlaceError(`not asked any more: ${this.#away}`, { isAway: true });
    try {
      const answer = await ask();
      this.#awayInARow = 0;
      return answer;
    } catch (thrown) {
      const error = isTimeout(thrown)
        ? new PlaceError('took too long', { isAway: true, cause: thrown })
        : thrown;
      if (error instanceof PlaceError && error.isAway) {
        this.#away ??= error.message;
        this.#awayInARow += 1;
      }
      throw error;
    }
  }

  async #askForListing(url: URL, known: Remembered<FolderListing> | undefined, mostEntries: number) {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(listingMs)]);
    const headers: Record<string, string> = { accept: 'application/json, text/html;q=0.9' };
    if (known?.etag !== undefined) headers['if-none-match'] = known.etag;
    else if (known?.lastModified !== undefined) headers['if-modified-since'] = known.lastModified;
    const answer = await this.#client.askPatiently(url, { method: 'GET', headers, signal });
    if (answer === null) return null;
    if (answer.status === 304 && known !== undefined) {
      answer.body.resume();
      return { ...known, askedAt: this.#now() };
    }
    try {
      const value = await readListing(answer, mostEntries, signal);
      // A part of a folder is not worth remembering: the next search may have room for more of it.
      return this.#remember(value, value.isWhole ? value.entries.size + 1 : Infinity, answer);
    } finally {
      answer.body.destroy();
    }
  }

  async #askForFolder(url: URL): Promise<Remembered<Entry> | null> {
    const folder: Entry = { kind: 'folder', updatedAt: null, looseMs: 0 };
    try {
      const answer = await this.#client.askPatiently(url, { method: 'HEAD', signal: this.#signal });
      answer?.body.resume();
      if (answer !== null) return this.#remember(folder, 1, answer);
      // A file in a folder's place is not there under the folder's name.
      return await this.#askForFile(new URL(url.href.replace(/\/$/, '')));
    } catch (error) {
      // One that may not be listed can still hold what is known by its name.
      if (!(error instanceof HttpRefusal && error.status === 403)) throw error;
      return { value: folder, weight: 1, askedAt: this.#now() };
    }
  }

  async #askForFile(url: URL): Promise<Remembered<Entry> | null> {
    const answer = await this.#client.askPatiently(url, { method: 'HEAD', signal: this.#signal });
    if (answer === null) return null;
    answer.body.resume();
    // nginx and Apache redirect to the name with a slash where a folder is.
    if (answer.url.pathname.endsWith('/'))
      return this.#remember({ kind: 'folder', updatedAt: null, looseMs: 0 }, 1, answer);
    const updatedAt = Date.parse(answer.headers['last-modified'] ?? '');
    const known = Number.isNaN(updatedAt) ? null : updatedAt;
    return this.#remember({ kind: 'file', updatedAt: known, looseMs: 0 }, 1, answer);
  }

  #remember<Value>(value: Value, weight: number, { headers }: HttpAnswer): Remembered<Value> {
    const { etag, 'last-modified': lastModified } = headers;
    return { value, weight, askedAt: this.#now(), etag, lastModified };
  }

  #fromMemory(path: string, { askedAt }: { askedAt: number }, { message }: PlaceError): string {
    const seconds = Math.round((this.#now() - askedAt) / 1000);
    return `${this.show(path)}: as it was ${seconds} seconds ago, since the log server is away (${message})`;
  }
}

async function readListing(
  answer: HttpAnswer,
  mostEntries: number,
  signal: AbortSignal,
): Promise<FolderListing> {
  const type = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const packing = answer.headers['content-encoding'] ?? 'identity';
  if (packing !== 'identity')
    throw new PlaceError(`sends its index packed (${packing}), although not asked to`);
  const texts = readText(answer, signal);
  if (type === 'application/json')
    return readJsonListing((await Array.fromAsync(texts)).join(''), mostEntries);
  if (type === 'text/html') return await readHtmlListing(texts, answer.url, mostEntries);
  throw new PlaceError(`is no index page (${type === '' ? 'of no type' : type}): is autoindex on?`);
}

async function* readText(answer: HttpAnswer, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of readBody(answer, signal)) {
    bytes += chunk.length;
    if (bytes > largestListingBytes)
      throw new PlaceError(`sends more than ${largestListingBytes} bytes as its index`);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
