/** What stands at one place of a log server. */
export type Entry = {
  kind: 'folder' | 'file' | 'other';
  /** When it was last written, milliseconds since 1970; null when that is not told. */
  updatedAt: number | null;
  /** How far `updatedAt` may be off, as where a listing gives minutes in a time zone it does not name. */
  looseMs: number;
};

export type FolderListing = {
  /** Names, each with what the listing says of it; null where only a look tells. */
  entries: ReadonlyMap<string, Entry | null>;
  /** False when there were more than asked for. */
  isWhole: boolean;
};

/** A tree of folders that can be searched: a disk, a web server's index pages. Paths are relative, parted by `/`. */
export type Listing = {
  /** How many places may be asked for at once. */
  atOnce: number;
  /** @throws PlaceError when it cannot be listed */
  list(folder: string, mostEntries: number): Promise<FolderListing>;
  /**
   * @param wanted what the template has there; a listing that cannot tell may take that for granted
   * @returns null when nothing is there
   * @throws PlaceError when something is there that cannot be used
   */
  look(path: string, wanted: 'folder' | 'file'): Promise<Entry | null>;
  /** A place as it stands in a message. */
  show(path: string): string;
};

/** Something in the way at one place, its message the state of that place; a search notes it and goes on elsewhere. */
export class PlaceError extends Error {
  /** The server was away, not the place: asking again may help. */
  readonly isAway: boolean;
  /** Whoever asked may not read there. */
  readonly isRefused: boolean;

  constructor(
    state: string,
    {
      isAway = false,
      isRefused = false,
      cause,
    }: { isAway?: boolean; isRefused?: boolean; cause?: unknown } = {},
  ) {
    super(state, cause === undefined ? undefined : { cause });
    this.name = 'PlaceError';
    this.isAway = isAway;
    this.isRefused = isRefused;
  }
}

/** Whether a name is one of something in a folder, and no way out of it. */
export function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}
