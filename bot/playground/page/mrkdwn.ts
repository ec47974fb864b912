/**
 * Slack's mrkdwn as a tree. Only `&amp; &lt; &gt;` are entities. `<…>` sequences live inside code too: that is
 * why a bot has to escape even there. What is not closed is text.
 */
export type Mrkdwn =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'bold' | 'italic' | 'strike' | 'code' | 'fence' | 'quote'; children: Mrkdwn[] }
  | { kind: 'link'; url: string; label: string }
  | { kind: 'user' | 'channel'; id: string; label: string }
  | { kind: 'broadcast'; range: string }
  | { kind: 'emoji'; name: string };

/** `isLinking`: bare web addresses become links, as they do unless a text object says `verbatim`. */
export function parseMrkdwn(text: string, isLinking = true): Mrkdwn[] {
  const parts = text.split(/```\n?([\s\S]+?)\n?```\n?/);
  return parts.flatMap((part, row): Mrkdwn[] => {
    if (row % 2 === 1) return [{ kind: 'fence', children: parseCode(part) }];
    return part === '' ? [] : parseParagraphs(part, isLinking);
  });
}

export const decodeEntities = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

function parseParagraphs(text: string, isLinking: boolean): Mrkdwn[] {
  const groups: { isQuote: boolean; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const isQuote = /^(&gt;|>)/.test(line);
    const last = groups.at(-1);
    if (last?.isQuote === isQuote) last.lines.push(line);
    else groups.push({ isQuote, lines: [line] });
  }
  return groups.flatMap(({ isQuote, lines }): Mrkdwn[] =>
    isQuote
      ? [
          {
            kind: 'quote',
            children: parseLines(
              lines.map((line) => line.replace(/^(&gt;|>) ?/, '')),
              isLinking,
            ),
          },
        ]
      : parseLines(lines, isLinking),
  );
}

function parseLines(lines: readonly string[], isLinking: boolean): Mrkdwn[] {
  return lines.flatMap((line, row): Mrkdwn[] => {
    const inline = parseInline(line, isLinking);
    return row === 0 ? inline : [{ kind: 'break' }, ...inline];
  });
}

const styles = { '*': 'bold', _: 'italic', '~': 'strike' } as const;

/** One alternative each: `<…>`, `code`, :emoji:, *styled*, bare address. */
const inlinePattern =
  /<([^<>\n]+)>|`([^`\n]+)`|:([a-z0-9_+-]+):|(?<![\p{L}\p{N}*_~])([*_~])(?=\S)((?:(?!\4).)*?[^\s*_~]|[^\s*_~])\4(?![\p{L}\p{N}])|(https?:\/\/[^\s<>|]*[^\s<>|.,;:!?'")*_~])/gu;

function parseInline(text: string, isLinking: boolean): Mrkdwn[] {
  return parseMatches(text, inlinePattern, ([whole, sequence, code, emojiName, mark, styled, address]) => {
    if (sequence !== undefined) return parseSequence(sequence);
    if (code !== undefined) return { kind: 'code', children: parseCode(code) };
    if (emojiName !== undefined) return { kind: 'emoji', name: emojiName };
    if (mark !== undefined) {
      return { kind: styles[mark as keyof typeof styles], children: parseInline(styled ?? '', isLinking) };
    }
    if (address === undefined || !isLinking) return { kind: 'text', text: whole };
    return { kind: 'link', url: decodeEntities(address), label: decodeEntities(address) };
  });
}

function parseCode(text: string): Mrkdwn[] {
  return parseMatches(text, /<([^<>\n]+)>/g, ([, sequence]) => parseSequence(sequence ?? ''));
}

function parseMatches(text: string, pattern: RegExp, read: (match: RegExpMatchArray) => Mrkdwn): Mrkdwn[] {
  const nodes: Mrkdwn[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) nodes.push({ kind: 'text', text: decodeEntities(text.slice(end, match.index)) });
    nodes.push(read(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) nodes.push({ kind: 'text', text: decodeEntities(text.slice(end)) });
  return nodes;
}

/** What stands between `<` and `>`: a mention, or an address with or without a label. */
function parseSequence(sequence: string): Mrkdwn {
  const bar = sequence.indexOf('|');
  const target = decodeEntities(bar < 0 ? sequence : sequence.slice(0, bar));
  const label = bar < 0 ? '' : decodeEntities(sequence.slice(bar + 1));
  if (target.startsWith('@')) return { kind: 'user', id: target.slice(1), label };
  if (target.startsWith('#')) return { kind: 'channel', id: target.slice(1), label };
  if (/^!(here|channel|everyone)$/.test(target)) return { kind: 'broadcast', range: target.slice(1) };
  if (target.startsWith('!')) return { kind: 'text', text: label || target };
  if (/^(https?:\/\/|mailto:)/i.test(target))
    return { kind: 'link', url: target, label: label || target.replace(/^mailto:/i, '') };
  return { kind: 'text', text: `<${sequence}>` };
}
