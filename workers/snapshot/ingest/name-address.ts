import { basename } from 'node:path/posix';

/** What has no symbol is told apart by its place: `libc.so.6+0x27b25`. */
export function nameAddress(module: string, address: bigint): string {
  if (address === 0n) return '[unknown]';
  return module === '' ? `0x${address.toString(16)}` : `${basename(module)}+0x${address.toString(16)}`;
}
