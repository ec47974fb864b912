import { showOutsideName } from '../outside-name.ts';
import { type Entry, type Listing, PlaceError } from './listing.ts';
import type { FoundPod, FoundPods } from './source.ts';
import { type Bindings, fixedName, matchSegment, type PathTemplate, type Segment } from './template.ts';

/** Names read in one search. A log volume of ten clusters has some thousands; one folder of 100,000 is passed. */
const entriesInSearch = 250_000;
/** Places kept for the trail; of a folder of 100,000 old recordings the others are only counted. */
const placesNoted = 1_000;
const linesOfSearched = 12;
const namesInLine = 5;

/**
 * Finds the recordings whose paths fit a template. The folders are read level by level, and only those that fit;
 * a name that is known is looked up, not listed: a folder of ten thousand apps costs one look.
 *
 * @param known values of variables; `app` at least
 * @param maximumAgeMs recordings older than this are of pods that are gone
 */
export async function searchPods(
  listing: Listing,
  template: PathTemplate,
  known: Bindings,
  { nowMs, maximumAgeMs }: { nowMs: number; maximumAgeMs: number },
): Promise<FoundPods> {
  const search = new Search(listing, nowMs, nowMs - maximumAgeMs);
  await search.visit('', template.segments, known);
  return {
    pods: search.newestFirst(),
    searched: search.searched(),
    ...(search.isRefused ? { isRefused: true } : {}),
  };
}

/** One search: what was found, and a trail of what was there where nothing was found. */
class Search {
  isRefused = false;
  readonly #listing: Listing;
  readonly #nowMs: number;
  readonly #oldestMs: number;
  readonly #pods = new Map<string, FoundPod>();
  readonly #trail = new Set<string>();
  #notNoted = 0;
  #entries = 0;

  constructor(listing: Listing, nowMs: number, oldestMs: number) {
    this.#listing = listing;
    this.#nowMs = nowMs;
    this.#oldestMs = oldestMs;
  }

  newestFirst(): FoundPod[] {
    return [...this.#pods.values()].sort((one, other) => other.updatedAt - one.updatedAt);
  }

  searched(): string[] {
    const lines = [...this.#trail].sort();
    const more = lines.length + this.#notNoted - linesOfSearched;
    return more <= 0 ? lines : [...lines.slice(0, linesOfSearched), `and ${more} more places`];
  }

  async visit(folder: string, segments: readonly Segment[], bindings: Bindings): Promise<void> {
    const [segment, ...below] = segments;
    if (segment === undefined) return;
    try {
      const known = fixedName(segment, bindings);
      if (known !== null) await this.#visitKnown(folder, known, segments, bindings);
      else await this.#visitAll(folder, segment, below, bindings);
    } catch (error) {
      this.#note(folder, this.#stateOf(error));
    }
  }

  async #visitKnown(folder: string, name: string, segments: readonly Segment[], bindings: Bindings) {
    const [segment = [], ...below] = segments;
    // `.` and `..` are values that `$app` could have; they fit nothing.
    const [bound] = matchSegment(segment, name, bindings);
    const isThere = bound !== undefined && (await this.#enter(join(folder, name), null, below, bound));
    if (!isThere) await this.#noteMiss(folder, null, segment, bindings);
  }

  async #visitAll(folder: string, segment: Segment, below: readonly Segment[], bindings: Bindings) {
    const entries = await this.#list(folder);
    const names = [...entries.keys()].sort();
    const matches = names.flatMap((name) =>
      [...matchSegment(segment, name, bindings)].map((bound) => ({ name, bound })),
    );
    if (matches.length === 0) await this.#noteMiss(folder, names, segment, bindings);
    await forEachAtOnce(matches, this.#listing.atOnce, async ({ name, bound }) => {
      const path = join(folder, name);
      const isThere = await this.#enter(path, entries.get(name) ?? null, below, bound);
      if (!isThere) this.#note(path, 'gone meanwhile');
    });
  }

  /** @returns false when nothing is there */
  async #enter(path: string, listed: Entry | null, below: readonly Segment[], bindings: Bindings) {
    try {
      const entry = this.#isEnough(listed)
        ? listed
        : await this.#listing.look(path, below.length > 0 ? 'folder' : 'file');
      if (entry === null) return false;
      if (below.length === 0) this.#take(path, entry, bindings);
      else if (entry.kind === 'folder') await this.visit(path, below, bindings);
      else this.#note(path, 'not a folder');
    } catch (error) {
      this.#note(path, this.#stateOf(error));
    }
    return true;
  }

  /** Whether a listing's own word will do. A time that may be off still tells what is old for certain. */
  #isEnough(listed: Entry | null): listed is Entry {
    if (listed === null || listed.kind !== 'file') return listed !== null;
    const { updatedAt, looseMs } = listed;
    return updatedAt !== null && (looseMs === 0 || updatedAt + looseMs < this.#oldestMs);
  }

  #take(path: string, { kind, updatedAt }: Entry, { pod = '' }: Bindings): void {
    if (kind !== 'file') this.#note(path, 'not a file');
    else if (updatedAt === null) this.#note(path, 'the log server does not say how old it is');
    else if (updatedAt < this.#oldestMs) this.#note(path, this.#describeAge(updatedAt));
    else if ((this.#pods.get(pod)?.updatedAt ?? 0) < updatedAt)
      this.#pods.set(pod, { pod, updatedAt, locator: { path } });
  }

  #describeAge(updatedAt: number): string {
    const wanted = formatAge(this.#nowMs - this.#oldestMs);
    return `${formatAge(this.#nowMs - updatedAt)} old (at most ${wanted} wanted)`;
  }

  async #list(folder: string): Promise<ReadonlyMap<string, Entry | null>> {
    const { entries, isWhole } = await this.#listing.list(folder, entriesInSearch - this.#entries);
    this.#entries += entries.size;
    if (!isWhole) this.#note(folder, `not read to the end, more than ${entriesInSearch} entries on the way`);
    return entries;
  }

  async #noteMiss(folder: string, listed: readonly string[] | null, segment: Segment, bindings: Bindings) {
    const wanted = fixedName(segment, bindings) ?? describeSegment(segment);
    try {
      const names = listed ?? [...(await this.#list(folder)).keys()].sort();
      this.#note(folder, describeMiss(names, wanted, segment, bindings));
    } catch (error) {
      this.#note(folder, `${this.#stateOf(error)}, nothing called ${wanted} found in it`);
    }
  }

  #stateOf(error: unknown): string {
    if (!(error instanceof PlaceError)) throw error;
    this.isRefused ||= error.isRefused;
    return error.message;
  }

  #note(path: string, state: string): void {
    if (this.#trail.size < placesNoted) this.#trail.add(`${this.#listing.show(path)}: ${state}`);
    else this.#notNoted += 1;
  }
}

/** What the folder holds instead: `3 apps (cart, pay, search), none called shop`. */
function describeMiss(
  names: readonly string[],
  wanted: string,
  segment: Segment,
  bindings: Bindings,
): string {
  if (names.length === 0) return 'nothing in it';
  const variable = (['app', 'pod', 'env'] as const).find((name) =>
    segment.some((part) => part.kind === 'variable' && part.name === name),
  );
  if (variable === undefined) return `${countNames(names, 'entry', 'entries')}, none called ${wanted}`;
  const { [variable]: value, ...others } = bindings;
  const values = new Set<string>();
  for (const name of names) {
    const [first] = matchSegment(segment, name, others);
    if (first?.[variable] !== undefined) values.add(first[variable]);
  }
  if (values.size === 0)
    return `${countNames(names, 'entry', 'entries')}, none like ${describeSegment(segment)}`;
  const plain = plainNames[variable];
  return `${countNames([...values], plain, `${plain}s`)}, none called ${value ?? wanted}`;
}

const plainNames = { app: 'app', pod: 'pod', env: 'environment' };

function describeSegment(segment: Segment): string {
  return segment.map((part) => (part.kind === 'text' ? part.text : `$${part.name}`)).join('');
}

function countNames(names: readonly string[], one: string, many: string): string {
  const shown = names.slice(0, namesInLine).map(showOutsideName);
  if (names.length > namesInLine) shown.push(`${names.length - namesInLine} more`);
  return `${names.length} ${names.length === 1 ? one : many} (${shown.join(', ')})`;
}

export function formatAge(ageMs: number): string {
  if (ageMs < 120_000) return `${Math.round(ageMs / 1000)} seconds`;
  if (ageMs < 7_200_000) return `${Math.round(ageMs / 60_000)} minutes`;
  return `${Math.round(ageMs / 3_600_000)} hours`;
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

async function forEachAtOnce<Item>(
  items: readonly Item[],
  atOnce: number,
  use: (item: Item) => Promise<void>,
): Promise<void> {
  // All workers draw from one iterator, so each item is taken once.
  const waiting = items.values();
  const work = async () => {
    for (const item of waiting) await use(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
}
