const longestUrl = 3_000;

/** An address that may be shown as a link: https, or http to this machine. Null for everything else. */
export function toSafeUrl(url: string | null): string | null {
  if (url === null || url.length > longestUrl || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  const isAllowed =
    parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed.hostname));
  // `https://github.com@evil.example/` reads as another host than it leads to.
  if (!isAllowed || parsed.username !== '' || parsed.password !== '') return null;
  const encoded = parsed.href.replace(
    /[ <>|`*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return encoded.length > longestUrl ? null : encoded;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
