import {
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { type Entry, type FolderListing, isPlainName, type Listing, PlaceError } from './listing.ts';
import { asPlaceError } from './log-server-s3-errors.ts';
import type { S3Place } from './log-server-s3-place.ts';

const folder: Entry = { kind: 'folder', updatedAt: null, looseMs: 0 };
/** After so many places in a row for which the server was away, a search stops asking. */
const mostAwayInARow = 4;

/** The objects of a bucket as folders, parted by `/`, as one search sees them. A folder is there while something is in it. */
export class S3Listing implements Listing {
  readonly atOnce: number;
  readonly #place: S3Place;
  readonly #signal: AbortSignal;
  #away: string | null = null;
  #awayInARow = 0;

  constructor(place: S3Place, atOnce: number, signal: AbortSignal) {
    this.#place = place;
    this.atOnce = atOnce;
    this.#signal = signal;
  }

  /** Why the server could not be asked about some place; null when it always answered. */
  get away(): string | null {
    return this.#away;
  }

  show(path: string): string {
    return this.#place.show(path);
  }

  async list(path: string, mostEntries: number): Promise<FolderListing> {
    const entries = new Map<string, Entry>();
    const isWhole = await this.#ask(() => this.#readPages(path, entries, mostEntries));
    return { entries, isWhole };
  }

  async look(path: string, wanted: 'folder' | 'file'): Promise<Entry | null> {
    return await this.#ask(async () => {
      const file = await this.#findFile(path);
      if (file !== null && wanted === 'file') return file;
      return (await this.#holdsSomething(path)) ? folder : file;
    });
  }

  async #readPages(path: string, entries: Map<string, Entry>, mostEntries: number): Promise<boolean> {
    const { client, bucket, prefix } = this.#place;
    const place = path === '' ? prefix : `${prefix}${path}/`;
    const pages = paginateListObjectsV2(
      { client },
      // Keys may hold what XML cannot say.
      { Bucket: bucket, Prefix: place, Delimiter: '/', EncodingType: 'url' },
      { abortSignal: this.#signal },
    );
    let isEmpty = true;
    for await (const page of pages) {
      for (const { key, entry } of readPage(page)) {
        isEmpty = false;
        const name = key.slice(place.length).replace(/\/$/, '');
        if (!isPlainName(name)) continue;
        if (entries.size >= mostEntries) return false;
        // An object and a folder may have one name; what the template has below it decides.
        if (entries.get(name)?.kind !== 'folder') entries.set(name, entry);
      }
    }
    if (isEmpty && path !== '') throw new PlaceError('nothing there');
    return true;
  }

  /** By a listing, of which it would be the first: HEAD has no body that would say what is wrong. */
  async #findFile(path: string): Promise<Entry | null> {
    const [first] = await this.#listFirst(path);
    if (first?.key !== this.#place.prefix + path) return null;
    return first.entry;
  }

  async #holdsSomething(path: string): Promise<boolean> {
    return (await this.#listFirst(`${path}/`)).length > 0;
  }

  async #listFirst(path: string): Promise<{ key: string; entry: Entry }[]> {
    const { client, bucket, prefix } = this.#place;
    const question = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix + path,
      MaxKeys: 1,
      EncodingType: 'url',
    });
    return [...readPage(await client.send(question, { abortSignal: this.#signal }))];
  }

  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    if (this.#away !== null && this.#awayInARow >= mostAwayInARow)
      throw new PlaceError(`not asked any more: ${this.#away}`, { isAway: true });
    try {
      const answer = await question();
      this.#awayInARow = 0;
      return answer;
    } catch (error) {
      const place = asPlaceError(error, this.#signal);
      if (place.isAway) {
        this.#away ??= place.message;
        this.#awayInARow += 1;
      }
      throw place;
    }
  }
}

/** Keys of a page, folders with their slash. */
function* readPage({
  Contents = [],
  CommonPrefixes = [],
  EncodingType,
}: ListObjectsV2CommandOutput): Generator<{ key: string; entry: Entry }> {
  const decode = (key: string) => (EncodingType === 'url' ? decodeKey(key) : key);
  for (const { Prefix = '' } of CommonPrefixes) yield { key: decode(Prefix), entry: folder };
  for (const { Key = '', LastModified } of Contents)
    yield {
      key: decode(Key),
      entry: { kind: 'file', updatedAt: LastModified?.getTime() ?? null, looseMs: 0 },
    };
}

/** As AWS encodes it: a form's way, in which a blank may be a plus sign. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
