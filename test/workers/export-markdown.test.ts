import { marked, type Token } from 'marked';
import { describe, expect, test } from 'vitest';
import type { RequestId, RequestRow, SnapshotId, SnapshotRow } from '../../storage/database/store.ts';
import { code, link, sentence } from '../../workers/export/markdown.ts';
import { writeReport } from '../../workers/export/write-report.ts';
import { heatmap, nowMs, summary, suspects } from '../bot/reports.ts';

const attacks = [
  '**bold** _it_ ~~gone~~',
  '![spy](https://evil.example/pixel.png)',
  '[click](https://evil.example/)',
  '<img src=x onerror=alert(1)>',
  '<https://evil.example/>',
  'https://evil.example/ and www.evil.example',
  '`code` ``` fence',
  '``',
  'a | b',
  'line\n# heading\n\n- item\n```\nfence',
  '[ref]: https://evil.example/',
  '&lt;script&gt;',
  '\\`back\\\\slash',
  'right\u202Eto left\u0000\uD800',
  '',
];

/** What a reader's Markdown makes of it, without the text itself. */
function kindsOf(markdown: string): Set<string> {
  const kinds = new Set<string>();
  marked.walkTokens(marked.lexer(markdown), ({ type }: Token) => void kinds.add(type));
  return kinds;
}

describe('text from outside in a report', () => {
  test.each(attacks)('as a name is code and nothing else: %j', (attack) => {
    const kinds = kindsOf(`- at ${code(attack)} end`);
    expect([...kinds].filter((kind) => !/^(list|list_item|text|codespan)$/.test(kind))).toEqual([]);
    expect(kinds.has('codespan')).toBe(attack !== '');
  });

  test.each(attacks)('as a sentence is text or code, and nothing else: %j', (attack) => {
    const kinds = kindsOf(`- Doubt: ${sentence(attack)} end`);
    expect([...kinds].filter((kind) => !/^(list|list_item|text|escape|codespan)$/.test(kind))).toEqual([]);
  });

  test('mentions nobody and refers to no issue', () => {
    expect(sentence('@ada broke #12')).not.toMatch(/@ada|#12/);
    expect(code('@ada')).toBe('`@ada`');
  });

  test.each(['javascript:alert(1)', 'https://good.example@evil.example/', 'data:text/html,x', 'x', null])(
    'is no link: %s',
    (url) => expect(link('place', url)).toBe('place'),
  );

  test('an address ends where it ends', () => {
    expect(link('place', 'https://git.example/a(b) <c>')).toBe(
      '[place](https://git.example/a%28b%29%20%3Cc%3E)',
    );
  });
});

describe('the report of a bundle', () => {
  const snapshot: SnapshotRow = {
    id: '01940000-0000-7000-8000-000000000001' as SnapshotId,
    requestId: '01940000-0000-7000-8000-000000000001' as RequestId,
    app: 'shop',
    environment: 'prod',
    createdAt: nowMs,
    windowStartMs: nowMs - 62_000,
    windowEndMs: nowMs - 4_000,
    sampleCount: 4_740,
    event: 'cpu-clock',
    revision: 'v2.3.1',
    pods: [
      { name: 'shop-1', state: 'captured', sampleCount: 4_740, error: null, how: 'from the log server' },
      { name: 'shop-2', state: 'failed', sampleCount: 0, error: summary.pods[2]!.error as never },
    ],
    profileKey: '',
    pictureKey: '',
    verdict: summary.verdict,
    pinnedAt: null,
    pinnedBy: null,
  };
  const asked = {
    createdAt: nowMs,
    userId: 'U0MAYA',
    command: 'snapshot',
    text: 'snapshot shop-prod',
    state: 'done',
  };
  const facts = {
    snapshot,
    summary,
    suspects,
    heatmap,
    requests: [{ ...asked, id: snapshot.requestId } as RequestRow],
    files: [{ name: 'flame-graph.png', about: 'widest: main' }],
    omissions: [],
    exportedAt: nowMs + 3_600_000,
  };

  test('says what was recorded, who is suspected, when and by whom it was asked', () => {
    const report = writeReport(facts);
    expect(report).toContain('- From 2026-11-25 03:11:28 UTC to 2026-11-25 03:12:26 UTC (58.0 s)');
    expect(report).toContain('1. `computeDiscounts`: 61 % (baseline 3.1 %), high confidence');
    expect(report).toMatch(/\[`src\/pricing\/discounts\.ts:42`\]\(https:\/\/git\.example\/\S+#L42\)/);
    expect(report).toContain(
      '`1a2b3c4d5e` `Count discounts per item` by `Ada Lovelace`, 2026-11-25 00:10:00 UTC',
    );
    expect(report).toContain(
      '1. second 4.1 to 6.8 (03:11:32.1 to 03:11:34.7), 2.3 times as busy as elsewhere: `computeDiscounts`',
    );
    expect(report).toContain('- 2026-11-25 03:12:30 UTC `U0MAYA`: `snapshot shop-prod`, done');
    expect(report).toContain('![widest: main](flame-graph.png)');
  });

  test('says less where the messages are gone', () => {
    const report = writeReport({ ...facts, summary: null, suspects: null, heatmap: null, requests: [] });
    expect(report).toContain('What was said of suspects is not kept any more.');
    expect(report).not.toMatch(/Bursts|Who asked/);
  });
});
