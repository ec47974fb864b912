import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeText, truncate } from '../../bot/replies/escape.ts';
import { formatAge, formatDuration } from '../../bot/replies/format-values.ts';
import { formatReport, renderReport } from '../../bot/replies/render-report.ts';
import { toSafeUrl } from '../../bot/replies/safe-url.ts';
import type { Report, SummaryReport } from '../../workers/jobs.ts';
import { readReply } from './read-reply.ts';
import {
  accepted,
  doctor,
  examining,
  failure,
  heatmap,
  nowMs,
  reports,
  summary,
  suspect,
  suspects,
} from './reports.ts';

const context = { requestId: 'request-1', nowMs };
const show = (report: Report) => readReply(renderReport(report, context));

describe('summary', () => {
  test('says the verdict first, then what was recorded, is hot, is suspected, and how good it is', () => {
    expect(show(summary)).toEqual([
      '*shop-prod: computeDiscounts takes 61 % of the CPU time, 20 times its share when all was well*',
      '*Recorded: *2 of 3 pods, 4,740 samples in 58 s (03:11:28 to 03:12:26 UTC), cpu-clock at 99 Hz, revision 1a2b3c4d5e',
      '*Hot: *computeDiscounts 61 %, renderCart 8.0 %',
      '*Burst: *second 4.1 to 6.8, 2.3 times as busy, mostly computeDiscounts (61 %, else 2.0 %)',
      `*First suspect: *\`computeDiscounts\` 61 % (baseline 3.1 %), high confidence, [src/pricing/discounts.ts:42](${suspect.url})`,
      '*Last change: *1a2b3c4d5e “Count discounts per item” by Ada Lovelace, 3 hours ago',
      '*Pod shop-3: *Cannot unpack the archive: it ends early. Try again in a minute.',
      '_Quality: 4,740 samples, 0 lost, 3.1 % without a name; one pod of three is missing_',
      '*Next: *`@avalanche suspects --from 4.1s --to 6.8s` in this thread looks into the burst',
      '[Zoom 1] [Pin]',
    ]);
  });

  test('suggests no range where there is no burst', () => {
    expect(JSON.stringify(show({ ...summary, burst: null }))).not.toMatch(/Burst|Next|--from/);
    expect(formatReport({ ...summary, burst: null }, { nowMs })).not.toMatch(/Burst|Next|--from/);
  });

  test('says how far it is while the pods are fetched', () => {
    const pods = ['captured', 'failed', 'waiting'].map((state, index) => ({
      name: `shop-${index}`,
      state: state as 'captured' | 'failed' | 'waiting',
      sampleCount: 0,
      error: null,
    }));
    const capturing: SummaryReport = { ...accepted, stage: 'capturing', pods };
    expect(show(capturing)).toEqual([
      '*Snapshot of shop-prod: fetching the recordings, 2 of 3 pods*',
      '[Cancel]',
    ]);
  });

  test('says what failed, what to do and the request id, never a stack trace', () => {
    const error = {
      code: 'ARCHIVE_MISSING',
      message: 'Cannot find a recording of "shop"',
      advice: 'Check the recorder.',
    };
    expect(show({ ...accepted, stage: 'failed', error })).toEqual([
      '*Snapshot of shop-prod failed: Cannot find a recording of "shop"*',
      '*What to do: *Check the recorder.',
      '_ARCHIVE_MISSING, request request-1_',
      '[Try again] [Doctor]',
    ]);
  });

  test('reads in a terminal', () => {
    expect(formatReport(summary, { nowMs })).toBe(
      [
        'shop-prod: computeDiscounts takes 61 % of the CPU time, 20 times its share when all was well',
        'Recorded: 2 of 3 pods, 4,740 samples in 58 s (03:11:28 to 03:12:26 UTC), cpu-clock at 99 Hz,',
        '  revision 1a2b3c4d5e',
        'Hot: computeDiscounts 61 %, renderCart 8.0 %',
        'Burst: second 4.1 to 6.8, 2.3 times as busy, mostly computeDiscounts (61 %, else 2.0 %)',
        'First suspect: computeDiscounts 61 % (baseline 3.1 %), high confidence,',
        '  src/pricing/discounts.ts:42',
        'Last change: 1a2b3c4d5e “Count discounts per item” by Ada Lovelace, 3 hours ago',
        'Pod shop-3: Cannot unpack the archive: it ends early. Try again in a minute.',
        'Quality: 4,740 samples, 0 lost, 3.1 % without a name; one pod of three is missing',
        `Next: suspects ${summary.snapshotId} --from 4.1s --to 6.8s looks into the burst`,
      ].join('\n'),
    );
  });
});

describe('heatmap', () => {
  test('says in words what the picture shows, and how to look into each burst', () => {
    expect(show(heatmap)).toEqual([
      '*Heatmap of shop-prod*',
      'Steady, but for a burst from second 4.1 to 6.8, 2.3 times as busy, mostly computeDiscounts',
      'Zoom in with a button, or type `@avalanche zoom 1`',
      '[Zoom 1]',
    ]);
  });
});

describe('suspects', () => {
  test('show share, baseline, place, code, last change and the reasons of each', () => {
    expect(show(suspects)).toEqual([
      '*Suspects in shop-prod: **computeDiscounts takes 61 % of the CPU time*',
      '',
      '*1. **`computeDiscounts`* 61 % (baseline 3.1 %), high confidence',
      `[src/pricing/discounts.ts:42](${suspect.url})`,
      '    40 ',
      '    41 /** Every rule for every item. */',
      '  > 42 export function computeDiscounts(cart: Cart) {',
      '    43   return cart.items.map(applyRules);',
      '    44 }',
      'Last change: 1a2b3c4d5e “Count discounts per item” by Ada Lovelace, 3 hours ago',
      '• 20 times hotter than in the baseline',
      '• changed in the last deploy',
      '',
      '*2. **`renderCart`* 8.0 %, weak: a hint, no more',
      'place unknown',
      '',
      '_Compared with the snapshot of 2 hours ago; code at revision 1a2b3c4d5e_',
      '_Quality: 4,740 samples, 0 lost, 3.1 % without a name_',
    ]);
  });

  test('keep the marked line in sight when the snippet is cut', () => {
    const lines = Array.from({ length: 40 }, (_, row) => `line ${row + 1}`);
    const long = { ...suspect, snippet: { firstLine: 1, markedLine: 30, lines } };
    const shown = show({ ...suspects, suspects: [long] }).filter((row) => /^ {2}[ >]/.test(row));
    expect(shown).toHaveLength(7);
    expect(shown[3]).toBe('  > 30 line 30');
  });
});

describe('doctor', () => {
  test('shows a table of all steps, and below it what is broken before what is doubtful', () => {
    expect(show(doctor)).toEqual([
      '*shop-prod: 1 broken, 1 doubtful, 1 not tried, of 5 steps*',
      '  in order    configuration',
      '  broken      rights in the cluster',
      '  doubtful    repository',
      '  not tried   perf by exec',
      '  not needed  function names',
      '',
      '*Broken, rights in the cluster: *the account of the workers lacks the right to create pods/exec in the namespace "shop"',
      '*What to do: *Add to its Role there: {apiGroups: [""], resources: ["pods/exec"], verbs: ["create"]}.',
      '',
      '*Doubtful, repository: *none is configured',
      '*What to do: *Set `repository` of the application in avalanche.yaml.',
      '[Look again]',
    ]);
  });

  test('says how far it is, and that all is in order when it is', () => {
    expect(show(examining)[0]).toBe('*Looking at shop-prod: 2 of 5 steps done*');
    expect(show(examining).at(-1)).toBe('[Cancel]');
    const steps = doctor.steps.slice(0, 1);
    expect(show({ ...doctor, steps })[0]).toBe('*shop-prod: 1 step, all in order*');
    expect(show({ ...doctor, steps: [] })[0]).toBe('*Looking at shop-prod: waiting for a worker*');
  });

  test('reads in a terminal', () => {
    expect(formatReport(doctor, { nowMs })).toBe(
      [
        'shop-prod: 1 broken, 1 doubtful, 1 not tried, of 5 steps',
        'in order    configuration',
        'broken      rights in the cluster: the account of the workers lacks the right to create',
        '              pods/exec in the namespace "shop"',
        '            What to do: Add to its Role there: {apiGroups: [""], resources: ["pods/exec"],',
        '              verbs: ["create"]}.',
        'doubtful    repository: none is configured',
        '            What to do: Set `repository` of the application in avalanche.yaml.',
        'not tried   perf by exec',
        'not needed  function names',
      ].join('\n'),
    );
  });
});

test('a text report keeps its columns together', () => {
  expect(show(failure)).toEqual([
    '*That did not work*',
    'A line',
    '  a column   1',
    '  b column   2',
    'Cannot find "shpo-prod" (did you mean "shop-prod"?)',
    '*What to do: *Use one of the names offered.',
    '_APP_UNKNOWN, request request-1_',
  ]);
});

describe('limits of Slack', () => {
  test.each(reports.map((report) => [report.report, report] as const))(
    'hold for a %s of endless texts and lists',
    (_name, report) => {
      const huge = inflate(report) as Report;
      const { text, blocks } = renderReport(huge, context);
      expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(10_000);
      expect(blocks.length).toBeLessThanOrEqual(50);
      expect([...text].length).toBeLessThanOrEqual(4_000);
    },
  );

  test('cutting comes before escaping, on code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (value, maximum) => {
        const cut = truncate(value.toWellFormed(), maximum);
        expect([...cut].length).toBeLessThanOrEqual(maximum);
        expect(cut.isWellFormed()).toBe(true);
        expect(escapeText(value, maximum)).not.toMatch(/&(?!amp;|lt;|gt;)/);
      }),
    );
  });
});

test.each([
  ['https://git.example/a b', 'https://git.example/a%20b'],
  ['https://git.example/a|b>c', 'https://git.example/a%7Cb%3Ec'],
  ['http://127.0.0.1:8080/x', 'http://127.0.0.1:8080/x'],
  ['http://git.example/x', null],
  ['http://127.0.0.1.evil.example/x', null],
  ['https://git.example@evil.example/', null],
  ['javascript:alert(1)', null],
  ['not an address', null],
  [null, null],
])('address %j is shown as %j', (url, expected) => {
  expect(toSafeUrl(url)).toBe(expected);
});

test.each([
  [340, '340 ms'],
  [1_500, '1.5 s'],
  [58_000, '58 s'],
  [150_000, '2 min 30 s'],
  [3_600_000, '1 h'],
  [90_000_000, '1 d 1 h'],
])('%d ms reads as %s', (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

test.each([
  [0, 'just now'],
  [60_000, '1 minute ago'],
  [7_200_000, '2 hours ago'],
  [400 * 86_400_000, '1 year ago'],
  [-3_600_000, 'in the future'],
  [Number.NaN, 'at an unknown time'],
])('an age of %d ms reads as %s', (ageMs, words) => {
  expect(formatAge(nowMs - ageMs, nowMs)).toBe(words);
});

const words =
  /^(summary|suspects|flame-graph|heatmap|pods|bundle|doctor|text|done|accepted|captured|failed|waiting|looking|in order|doubtful|broken|not needed|not tried|high|likely|weak|https:.*)$/;

/** Every free text very long, every list full of copies. */
function inflate(value: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.from({ length: value.length * 60 }, (_, row) => inflate(value[row % value.length]));
  }
  if (typeof value === 'string') return words.test(value) ? value : `${value} `.repeat(200);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inflate(inner)]));
}

test('who cancelled a snapshot is shown as a person when Slack knows them, else as text', () => {
  const elementsOf = (cancelledBy: string) => {
    const report = { ...accepted, stage: 'cancelled' as const, cancelledBy };
    const { text, blocks } = renderReport(report, { requestId: 'request-1', nowMs });
    expect(text).toMatch(/shop-prod: cancelled$/);
    return JSON.stringify(blocks);
  };
  expect(elementsOf('U0MAYA')).toContain('{"type":"user","user_id":"U0MAYA"}');
  expect(elementsOf('<!channel>')).toContain('{"type":"text","text":"<!channel>"}');
});
