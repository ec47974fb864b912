/**
 * Type and size of a picture, from its first bytes; undefined when it is none of the three kinds that Slack
 * shows inline. Only headers are read, so a broken picture may still pass: so it does in Slack.
 */
export function readImageType(
  bytes: Uint8Array,
): { mimetype: string; widthPx: number; heightPx: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length >= 24 && latin(1, 4) === 'PNG' && latin(12, 16) === 'IHDR') {
    return { mimetype: 'image/png', widthPx: view.getUint32(16), heightPx: view.getUint32(20) };
  }
  if (bytes.length >= 10 && latin(0, 4) === 'GIF8') {
    return { mimetype: 'image/gif', widthPx: view.getUint16(6, true), heightPx: view.getUint16(8, true) };
  }
  const size = bytes.length > 4 && view.getUint16(0) === 0xffd8 ? findJpegSize(view) : undefined;
  return size === undefined ? undefined : { mimetype: 'image/jpeg', ...size };
}

/** The size stands in the start-of-frame segment: markers C0 to CF, but for C4, C8 and CC, which mean other things. */
function findJpegSize(view: DataView): { widthPx: number; heightPx: number } | undefined {
  let offset = 2;
  while (offset + 9 <= view.byteLength && view.getUint8(offset) === 0xff) {
    const marker = view.getUint8(offset + 1);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { heightPx: view.getUint16(offset + 5), widthPx: view.getUint16(offset + 7) };
    }
    offset += 2 + view.getUint16(offset + 2);
  }
  return undefined;
}
