import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Fills, and the edges of letters on them: of 256 colours a picture is 15 % larger, and looks the same. */
const mostColours = 80;

/** Of deflate: level 5 and up take longer for 2 % less, level 3 and down make 10 % more. */
const compressionLevel = 4;

const deflateOffThread = promisify(deflate);

/**
 * Encodes an opaque picture of few colours as PNG with a palette: 45 to 70 kB and 30 ms for a flame graph of
 * 1600 px, where the canvas's own encoder makes 250 kB in 87 ms. The most frequent colours stay as they
 * are; the others, edges of letters, become the nearest of these.
 *
 * @param rgba four bytes a pixel, row after row; the alpha is not looked at
 */
export async function encodeIndexedPng(
  rgba: Uint8Array,
  widthPx: number,
  heightPx: number,
): Promise<Uint8Array> {
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, widthPx * heightPx);
  const palette = choosePalette(pixels, widthPx);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, widthPx);
  view.setUint32(4, heightPx);
  header.set([8, 3], 8); // 8 bits a pixel, each an index into the palette
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Uint8Array.from(palette.flatMap(bytesOf))),
    chunk('IDAT', await deflateOffThread(indexRows(pixels, widthPx, palette), { level: compressionLevel })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** The most frequent colours, as the pixels hold them. A row that repeats the one above counts once. */
function choosePalette(pixels: Uint32Array, widthPx: number): number[] {
  const counts = new Map<number, number>();
  for (let from = 0; from < pixels.length; from += widthPx) {
    if (equalsRowAbove(pixels, from, widthPx)) continue;
    for (let start = from; start < from + widthPx; ) {
      const colour = pixels[start]!;
      let end = start + 1;
      while (end < from + widthPx && pixels[end] === colour) end++;
      counts.set(colour, (counts.get(colour) ?? 0) + end - start);
      start = end;
    }
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostColours)
    .map(([colour]) => colour);
}

/** Rows as PNG takes them: the number of a filter, then a byte a pixel. */
function indexRows(pixels: Uint32Array, widthPx: number, palette: readonly number[]): Uint8Array {
  const channels = Uint8Array.from(palette.flatMap(bytesOf));
  const indexOf = new Map(palette.map((colour, index) => [colour, index]));
  const rowBytes = widthPx + 1;
  const rows = new Uint8Array((pixels.length / widthPx) * rowBytes);
  const above = new Uint8Array(widthPx);
  const indices = new Uint8Array(widthPx);
  let colour = -1;
  let index = 0;
  for (let from = 0, to = 0; from < pixels.length; from += widthPx, to += rowBytes) {
    rows[to] = asDifference;
    if (equalsRowAbove(pixels, from, widthPx)) continue;
    for (let x = 0; x < widthPx; x++) {
      const pixel = pixels[from + x]!;
      if (pixel !== colour) {
        colour = pixel;
        index = indexOf.get(colour) ?? addNearest(indexOf, colour, channels);
      }
      indices[x] = index;
    }
    writeRow(rows.subarray(to, to + rowBytes), indices, above);
    above.set(indices);
  }
  return rows;
}

/** PNG's filters: a row as it is, or as its difference to the row above. */
const asItIs = 0;
const asDifference = 2;

/** How many more changes a row may have than its difference, and still be the shorter one: letters repeat themselves. */
const changesInFavour = 1.5;

/** As a difference where little but the letters changed; as it is where it would only be torn up. */
function writeRow(row: Uint8Array, indices: Uint8Array, above: Uint8Array): void {
  let changes = 0;
  let differenceChanges = 0;
  let difference = 0;
  for (let x = 0; x < indices.length; x++) {
    const here = indices[x]! - above[x]!;
    if (here !== difference) differenceChanges++;
    difference = here;
    row[x + 1] = here;
    if (x > 0 && indices[x] !== indices[x - 1]) changes++;
  }
  if (changes > differenceChanges * changesInFavour) return;
  row[0] = asItIs;
  row.set(indices, 1);
}

/** True for most rows of a flame graph: they hold the same boxes and no letters. */
function equalsRowAbove(pixels: Uint32Array, from: number, widthPx: number): boolean {
  if (from === 0) return false;
  const above = Buffer.from(pixels.buffer, pixels.byteOffset + (from - widthPx) * 4, widthPx * 4);
  return above.equals(Buffer.from(pixels.buffer, pixels.byteOffset + from * 4, widthPx * 4));
}

/** Letters have thousands of colours at their edges, so that no list is made for each. */
function addNearest(indexOf: Map<number, number>, colour: number, channels: Uint8Array): number {
  const red = colour & 0xff;
  const green = (colour >>> 8) & 0xff;
  const blue = (colour >>> 16) & 0xff;
  let nearest = 0;
  let leastDistance = Number.POSITIVE_INFINITY;
  for (let at = 0; at < channels.length; at += 3) {
    const distance =
      (channels[at]! - red) ** 2 + (channels[at + 1]! - green) ** 2 + (channels[at + 2]! - blue) ** 2;
    if (distance >= leastDistance) continue;
    leastDistance = distance;
    nearest = at / 3;
  }
  indexOf.set(colour, nearest);
  return nearest;
}

/** Red, green, blue of a pixel read as a little-endian number. */
function bytesOf(colour: number): [number, number, number] {
  return [colour & 0xff, (colour >>> 8) & 0xff, (colour >>> 16) & 0xff];
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(content.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), framed.length - 4);
  return framed;
}
