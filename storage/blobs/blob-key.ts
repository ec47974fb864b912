const segment = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/;
const longestKey = 600;

/**
 * Keys are made by the program: a wrong one is our own mistake.
 *
 * @throws RangeError
 */
export function checkKey(key: string): string {
  if (isKey(key)) return key;
  throw new RangeError(
    `Cannot use "${key.slice(0, longestKey)}" as a blob key: not segments of A-Za-z0-9._- joined by /`,
  );
}

/** Others may have put something beside our files: what is no key is not ours. */
export function isKey(key: string): boolean {
  return key.length <= longestKey && key.split('/').every((part) => segment.test(part));
}

/**
 * The beginning of a key, cut anywhere.
 *
 * @throws RangeError
 */
export function checkPrefix(prefix: string): void {
  const parts = prefix.split('/');
  const last = parts.pop() ?? '';
  if (parts.length > 0) checkKey(parts.join('/'));
  if (last !== '' && !/^[A-Za-z0-9._-]+$/.test(last)) checkKey(prefix);
}
