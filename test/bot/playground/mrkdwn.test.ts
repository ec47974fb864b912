import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEntities, type Mrkdwn, parseMrkdwn } from '../../../bot/playground/page/mrkdwn.ts';

/** The tree as text: `bold(x)`, `link(x → https://…)`. */
const show = (nodes: readonly Mrkdwn[]): string =>
  nodes
    .map((node) => {
      if ('children' in node) return `${node.kind}(${show(node.children)})`;
      if (node.kind === 'text') return node.text;
      if (node.kind === 'link') return `link(${node.label} → ${node.url})`;
      if (node.kind === 'break') return '⏎';
      if (node.kind === 'emoji') return `emoji(${node.name})`;
      return node.kind === 'broadcast'
        ? `broadcast(${node.range})`
        : `${node.kind}(${node.id}${node.label && `|${node.label}`})`;
    })
    .join('');

test.each([
  ['*bold* _italic_ ~strike~ `code`', 'bold(bold) italic(italic) strike(strike) code(code)'],
  ['*bold with _italic_ inside*', 'bold(bold with italic(italic) inside)'],
  ['a*b*c snake_case_name 2 * 3 * 4', 'a*b*c snake_case_name 2 * 3 * 4'],
  ['*open', '*open'],
  ['* spaced *', '* spaced *'],
  ['`*not bold*`', 'code(*not bold*)'],
  ['(*bold*), *bold*.', '(bold(bold)), bold(bold).'],
  ['<https://a.example/?x=1&amp;y=2|label &amp; more>', 'link(label & more → https://a.example/?x=1&y=2)'],
  ['see https://a.example/b.', 'see link(https://a.example/b → https://a.example/b).'],
  ['<@U1> <@U1|maya> <#C1|general>', 'user(U1) user(U1|maya) channel(C1|general)'],
  ['<!here> <!channel> <!subteam^S1|@team>', 'broadcast(here) broadcast(channel) @team'],
  ['`<!channel>`', 'code(broadcast(channel))'],
  ['<javascript:alert(1)|click>', '<javascript:alert(1)|click>'],
  ['&lt;b&gt; &amp;amp;', '<b> &amp;'],
  ['&gt; one\n&gt; two\nthree', 'quote(one⏎two)three'],
  ['a\n```\nx < y\n  z\n```\nb', 'a⏎fence(x < y\n  z)b'],
  ['``` open', '``` open'],
  [':fire: 10:30:15', 'emoji(fire) 10emoji(30)15'],
])('mrkdwn %j reads as %s', (text, tree) => {
  expect(show(parseMrkdwn(text))).toBe(tree);
});

test('verbatim text keeps bare addresses as text', () => {
  expect(show(parseMrkdwn('https://a.example <https://b.example>', false))).toBe(
    'https://a.example link(https://b.example → https://b.example)',
  );
});

const words = (nodes: readonly Mrkdwn[]): string =>
  nodes
    .map((node) => ('children' in node ? words(node.children) : node.kind === 'text' ? node.text : ''))
    .join('');

test('text without marks comes out as it went in, however it was escaped', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', '&', '<', '>', ' ', '"', "'", '/') }),
      (typed) => {
        const escaped = typed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
        fc.pre(!typed.startsWith('>'));
        expect(decodeEntities(escaped)).toBe(typed);
        expect(words(parseMrkdwn(escaped))).toBe(typed);
      },
    ),
  );
});

test('no text makes a link that could run, or takes long', () => {
  const pieces = fc.constantFrom(
    '*',
    '_',
    '~',
    '`',
    '```',
    '<',
    '>',
    '|',
    ':',
    '\n',
    '&gt;',
    'javascript:',
    'data:',
    'http://a',
    '@',
    '#',
    '!',
    ' ',
    'x',
  );
  const links = (nodes: readonly Mrkdwn[]): string[] =>
    nodes.flatMap((node) =>
      'children' in node ? links(node.children) : node.kind === 'link' ? [node.url] : [],
    );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 200 }), (parts) => {
      for (const url of links(parseMrkdwn(parts.join('')))) expect(url).toMatch(/^(https?:\/\/|mailto:)/i);
    }),
  );
});

test.each(['*', '_a', '`', '<', '```', '*a _', '&gt;', '<@'])(
  '40,000 characters of %j are read at once',
  (piece) => {
    const begunMs = performance.now();
    parseMrkdwn(piece.repeat(Math.ceil(40_000 / piece.length)));
    expect(performance.now() - begunMs).toBeLessThan(1_000);
  },
);
