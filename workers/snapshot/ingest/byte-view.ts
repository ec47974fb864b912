/** The same bytes, to be read in words at any offset. */
export function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** For a line or a name: `Buffer.copy` leaves JavaScript, which takes longer than to copy so few bytes. */
export function copyBytes(from: DataView, start: number, end: number, to: DataView, place: number): void {
  const shift = place - start;
  let at = start;
  for (; at + 4 <= end; at += 4) to.setInt32(at + shift, from.getInt32(at, true), true);
  for (; at < end; at++) to.setUint8(at + shift, from.getUint8(at));
}
