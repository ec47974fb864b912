import type { ActionsBlock } from '@slack/types';
import { expect, test } from 'vitest';
import { readButton } from '../../bot/buttons/button-actions.ts';
import { parseCommandLine } from '../../bot/command-line.ts';
import { formatReport, renderReport } from '../../bot/replies/render-report.ts';
import type { Report } from '../../workers/jobs.ts';
import { nowMs, reports } from './reports.ts';

/** Everything in a report that comes from outside may hold any of these. None may be live in what Slack gets. */
const attacks = [
  '<!channel>',
  '<!here>',
  '<@U1>',
  '<@U1|ada>',
  '<#C1>',
  '<!subteam^S1>',
  '<!date^1^{date}^https://evil.example|now>',
  '*bold*',
  '_italic_',
  '~struck~',
  '`code`',
  '```fence```',
  '<https://evil.example|click>',
  'javascript:alert(1)',
  'https://good.example@evil.example/',
  '&lt;!channel&gt;',
  '&amp;lt;',
  'two\nlines\r\n> quoted',
  'right\u202Eto left',
  '\u2066isolated\u2069',
  'escape\u001B[31m sequence\u0007',
  'NUL\u0000 and half a pair \uD800',
  '',
];

const requestId = '01940000-0000-7000-8000-000000000002';

/** Words of our own schema, not free texts. */
const fixed = new Set(['report', 'stage', 'state', 'confidence']);

const explorerLink = (snapshotId: string, chosen = {}) =>
  `https://explorer.example/s/${snapshotId}/?${new URLSearchParams(chosen)}`;

const places = reports.flatMap((report, index) =>
  findTexts(report).map((path) => [`${report.report} ${index}`, path.join('.'), path, report] as const),
);

test('every report has free texts to attack', () => {
  expect(places.length).toBeGreaterThan(60);
});

test.each(places)('%s stays inert with anything in %s', (_name, _path, path, report) => {
  for (const attack of attacks) {
    const attacked = replace(report, path, attack) as Report;
    const context = { requestId, nowMs, explorerLink, askedBy: 'U0MAYA' };
    const { text, blocks } = renderReport(attacked, context);
    expectInertText(text);
    for (const block of blocks) {
      if (block.type === 'actions') expectOwnButtons(block);
      else expectInertElements(block.elements);
    }
    expect(formatReport(attacked, { nowMs })).not.toMatch(/[^\P{C}\n]/u);
  }
});

/** The only string that Slack parses: nothing in it may be more than a letter. */
function expectInertText(text: string): void {
  expect(text).not.toMatch(/[<>*`~\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
  expect(text).not.toMatch(/&(?!(amp|lt|gt);)/);
  expect(text).not.toMatch(/(?<![\p{L}\p{N}])_/u);
}

/** Buttons have words of ours, carry ids and numbers, and stand for a command that is understood. */
function expectOwnButtons({ elements }: ActionsBlock): void {
  for (const element of elements) {
    if (element.type !== 'button') throw new RangeError(`Cannot check a "${element.type}"`);
    expect(element.text.type).toBe('plain_text');
    expect(element.text.text).toMatch(/^[A-Z][\w ]+$/);
    const words = readButton(element.action_id ?? '', element.value);
    expect(words).toBeDefined();
    expect(() => parseCommandLine(words ?? [])).not.toThrow();
    expect(element.value).toMatch(/^[\w{}":,-]+$/);
  }
}

/** rich_text parses nothing, as long as only texts and safe links stand in it. */
function expectInertElements(elements: readonly unknown[]): void {
  for (const element of elements as { type: string; text?: string; url?: string; elements?: unknown[] }[]) {
    if (element.elements === undefined) {
      expectInertElement(element);
    } else {
      expect(element.type).toMatch(/^rich_text_(section|list|preformatted)$/);
      expectInertElements(element.elements);
    }
  }
}

type Inert = { type: string; text?: string; url?: string; user_id?: string };

function expectInertElement({ type, text, url, user_id: userId }: Inert): void {
  // Whoever cancelled or pressed is named, by the id that Slack itself gave us; nobody else is.
  if (type === 'user') {
    expect(userId).toBe('U0MAYA');
    return;
  }
  expect(type).toMatch(/^(text|link)$/);
  expect(text).not.toBe('');
  expect(text).not.toMatch(/[^\P{C}\n]/u);
  if (type === 'link') expect(url).toMatch(/^https:\/\/(?:git|explorer)\.example\/[^\s<>|]*$/);
}

function findTexts(value: unknown, path: string[] = []): string[][] {
  if (typeof value === 'string') return fixed.has(path.at(-1) ?? '') ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => findTexts(inner, [...path, key]));
}

function replace(value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text;
  if (Array.isArray(value))
    return value.map((inner, row) => (row === Number(key) ? replace(inner, rest, text) : inner));
  const fields = value as Record<string, unknown>;
  return { ...fields, [key]: replace(fields[key], rest, text) };
}
