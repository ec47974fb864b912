/** Shapes of tokens that are in use, and keys in PEM. */
const tokenShapes = [
  /\bx(ox[a-z]|app)-[\w-]{6,}/,
  /\bgh[pousr]_\w{20,}/,
  /\bgithub_pat_\w{20,}/,
  /\bglpat-[\w-]{16,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
];

/**
 * The password in `scheme://user:password@host`, badly encoded ones too, and in `?password=…`. A port is none:
 * `https://host:8443/path@version`.
 */
const urlPassword =
  /[a-z][a-z0-9+.-]*:\/\/(?:[^/?#\s:@]*:(?!\d{1,5}(?:[/?#]|$))\S*@|\S*[?&](?:password|token|secret)=)/i;

/** Whether a text is a secret or carries one. */
export function holdsSecret(text: string): boolean {
  return urlPassword.test(text) || tokenShapes.some((shape) => shape.test(text));
}

/** Whether a key is the name of something secret. */
export function namesSecret(key: string): boolean {
  return /token|secret|passw|credential|authorization|private-?_?key|api-?_?key/i.test(key);
}

/** Credentials before the host of a URL, and what stands behind the name of a secret in its query. */
const urlSecrets: readonly [RegExp, string][] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1***@'],
  [/([?&](?:password|token|secret|signature|sig|X-Amz-[A-Za-z-]+)=)[^&\s"]+/gi, '$1***'],
];

/** A text without the secrets in it, for logs and messages. */
export function redactSecrets(text: string): string {
  const withoutTokens = tokenShapes.reduce(
    (cleaned, shape) => cleaned.replace(new RegExp(shape, 'g'), '***'),
    text,
  );
  return urlSecrets.reduce((cleaned, [shape, rest]) => cleaned.replace(shape, rest), withoutTokens);
}
