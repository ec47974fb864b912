import { z } from 'zod';
import { type Entry, isPlainName, PlaceError } from './listing.ts';

/** What nginx sends with `autoindex_format json`; names are raw, the time is GMT whatever is configured. */
const listingSchema = z.array(z.object({ name: z.string(), type: z.string(), mtime: z.string().optional() }));

/**
 * @returns at most `mostEntries`; names that are no plain names are passed over
 * @throws PlaceError when the text is no listing
 */
export function readJsonListing(
  text: string,
  mostEntries: number,
): { entries: Map<string, Entry>; isWhole: boolean } {
  const listed = parseListing(text).filter(({ name }) => isPlainName(name));
  const entries = new Map<string, Entry>();
  for (const { name, type, mtime } of listed.slice(0, mostEntries)) {
    const kind = type === 'directory' ? 'folder' : type === 'file' ? 'file' : 'other';
    const updatedAt = Date.parse(mtime ?? '');
    entries.set(name, { kind, updatedAt: Number.isNaN(updatedAt) ? null : updatedAt, looseMs: 0 });
  }
  return { entries, isWhole: listed.length <= mostEntries };
}

function parseListing(text: string): z.infer<typeof listingSchema> {
  try {
    return listingSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PlaceError('sends JSON that is no listing', { cause: error });
  }
}
