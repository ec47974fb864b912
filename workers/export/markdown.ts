/**
 * Text from outside, made inert for Markdown: whoever renders the report (a code host, a wiki) sees letters, and no
 * link, picture, mention or HTML that was not ours.
 */

const directionMarks = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
const longestCode = 300;
const longestSentence = 1_000;

/** A name as code: nothing in it is parsed. Its fence is longer than any run of backticks inside. */
export function code(text: string): string {
  const line = cleanLine(text, longestCode);
  if (line === '') return '(no name)';
  const longestRun = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${padding}${line}${padding}${fence}`;
}

/** A sentence of ours that quotes names from outside; what stands between backticks is code. */
export function sentence(text: string): string {
  const parts = cleanLine(text, longestSentence).split(/`([^`]+)`/);
  return parts.map((part, index) => (index % 2 === 1 ? code(part) : escapeWords(part))).join('');
}

function escapeWords(text: string): string {
  return (
    text
      .replace(/[\\`*_{}[\]<>|~&$!]/g, '\\$&')
      // No escape keeps these from being a link or a mention: a joiner, which nobody sees, does.
      .replace(/[@#]/g, '$&\u2060')
      .replace(/:\/\//g, ':\u2060//')
      .replace(/\bwww\./gi, (word) => `${word.slice(0, -1)}\u2060.`)
  );
}

/** A link where the address is one that a browser may open, else the words alone. */
export function link(words: string, url: string | null): string {
  const address = url === null || !URL.canParse(url) ? null : new URL(url);
  const isSafe =
    address !== null && /^https?:$/.test(address.protocol) && address.username + address.password === '';
  if (!isSafe) return words;
  return `[${words}](${address.href.replace(/[()<>\\`\s]/g, encodeCharacter)})`;
}

function encodeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function cleanLine(text: string, maximum: number): string {
  const line = text
    .slice(0, 2 * maximum)
    .toWellFormed()
    .replace(directionMarks, '')
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim();
  const points = [...line];
  return points.length <= maximum ? line : `${points.slice(0, maximum - 1).join('')}…`;
}
