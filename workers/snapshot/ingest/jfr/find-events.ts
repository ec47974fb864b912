import { GrowingColumn } from '../../../../storage/profile/growing-column.ts';
import { type Chunk, chunkHeaderBytes } from './chunk.ts';
import { Cursor, type Id } from './cursor.ts';
import type { Layout } from './layouts.ts';

/** Events of one type in a chunk: where each of them begins. */
export type FoundEvents = { layout: Layout; positions: GrowingColumn<Uint32Array> };

/** What bounds their list; the largest chunk has no room for more of the smallest events. */
const mostEvents = 32 * 1024 ** 2;

/**
 * Goes through a chunk from event to event: each begins with its size and its type.
 *
 * @returns one entry for each of `wanted`, in the same order
 * @throws AvalancheError RECORDING_DAMAGED when sizes and the chunk's end do not fit
 */
export function findEvents(chunk: Chunk, wanted: readonly Layout[]): FoundEvents[] {
  const found = wanted.map((layout) => ({ layout, positions: newPositions() }));
  const positionsById = new Map<Id, GrowingColumn<Uint32Array>>(
    found.map(({ layout, positions }) => [layout.id, positions]),
  );
  const cursor = new Cursor(chunk);
  const chunkEnd = chunk.bytes.length;
  let count = 0;
  for (let at = chunkHeaderBytes; at < chunkEnd; at = cursor.end) {
    const positions = positionsById.get(openEvent(cursor, at, chunkEnd));
    if (positions === undefined) continue;
    positions.push(at);
    if (++count > mostEvents) throw cursor.damaged(`has more than ${mostEvents} samples in one chunk`);
  }
  return found;
}

/**
 * Sets a cursor between the head of an event and its end.
 *
 * @returns the type of the event
 */
export function openEvent(cursor: Cursor, at: number, chunkEnd: number): Id {
  cursor.moveTo(at, chunkEnd);
  const bytes = cursor.readInt();
  if (bytes <= 0 || at + bytes > chunkEnd) {
    throw cursor.damaged(`has an event of ${bytes} bytes where ${chunkEnd - at} are left`);
  }
  cursor.end = at + bytes;
  return cursor.readId();
}

function newPositions(): GrowingColumn<Uint32Array> {
  return new GrowingColumn((length) => new Uint32Array(length), 16);
}
