/**
 * The content security policy of our pages: scripts and styles from files of ours only, nothing from elsewhere, and
 * no way to make markup out of text.
 *
 * @param images where pictures may come from
 */
export function writePagePolicy(images: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${images}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
