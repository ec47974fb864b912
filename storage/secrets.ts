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
  /[a-z][a-z0-9+.-]*:\/\/(?:[^/?#\s:@]*:(?!\d{1,5}(?:[/?#]|$))\S*@|\S*[?&](?:(?:sentinel-)?password|token|secret)=)/i;

/** Whether a text is a secret or carries one. */
export function holdsSecret(text: string): boolean {
  return urlPassword.test(text) || tokenShapes.some((shape) => shape.test(text));
}

/** Whether a key is the name of something secret. */
export function namesSecret(key: string): boolean {
  return /token|secret|passw|credential|authorization|private-?_?key|api-?_?key/i.test(key);
}

/**
 * Credentials before the host of a URL; what stands behind the name of a secret or a signature in its query; links of
 * Slack whose path alone lets anybody in; a login as a header has it.
 */
const urlSecrets: readonly [RegExp, string][] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1***@'],
  [
    /([?&](?:(?:sentinel-)?password|token|access_token|secret|signature|sig|policy|key-pair-id|X-(?:Amz|Goog)-[a-z-]+)=)[^&\s"\\]+/gi,
    '$1***',
  ],
  [/(https:\/\/(?:hooks\.slack\.com|files\.slack\.com\/upload)\/)[^\s"\\]+/gi, '$1***'],
  [/\b((?:bearer|basic) )[\w+/=.~-]{8,}/gi, '$1***'],
];

/** A text without the secrets in it, for logs and messages. */
export function redactSecrets(text: string): string {
  const withoutTokens = tokenShapes.reduce(
    (cleaned, shape) => cleaned.replace(new RegExp(shape, 'g'), '***'),
    text,
  );
  return urlSecrets.reduce((cleaned, [shape, rest]) => cleaned.replace(shape, rest), withoutTokens);
}
