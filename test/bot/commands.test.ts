import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../bot/command-line.ts';
import { parseDuration } from '../../bot/commands/duration.ts';
import { commands } from '../../bot/commands/index.ts';
import { readMention } from '../../bot/slack/mention.ts';
import { AvalancheError } from '../../storage/errors.ts';

const parse = (typed: string | string[]) => {
  const { name, arguments: given } = parseCommandLine(typed);
  return [name, given];
};

describe('a command line', () => {
  test.each<[string | string[], string, object]>([
    ['snapshot shop-prod', 'snapshot', { target: 'shop-prod', window: {} }],
    ['  Snapshot   shop-prod  ', 'snapshot', { target: 'shop-prod', window: {} }],
    ['snapshot shop-prod --before 10m', 'snapshot', { target: 'shop-prod', window: { beforeMs: 600_000 } }],
    [
      'snapshot shop-prod --for 30s --pods 3 --container shop',
      'snapshot',
      { target: 'shop-prod', wish: { recordMs: 30_000, podCount: 3, container: 'shop' } },
    ],
    [
      'snapshot shop-prod --pod shop-7d9f-x2x',
      'snapshot',
      { target: 'shop-prod', wish: { pod: 'shop-7d9f-x2x' } },
    ],
    [
      'snapshot shop-prod --before=1h30m',
      'snapshot',
      { target: 'shop-prod', window: { beforeMs: 5_400_000 } },
    ],
    [
      'snapshot --from 5s --to 8s shop-prod',
      'snapshot',
      { target: 'shop-prod', window: { fromMs: 5_000, toMs: 8_000 } },
    ],
    [
      'snapshot shop -e prod -b 90',
      'snapshot',
      { target: 'shop', environment: 'prod', window: { beforeMs: 90_000 } },
    ],
    // What phones and Slack make of it.
    ['snapshot shop-prod —before 10m', 'snapshot', { target: 'shop-prod', window: { beforeMs: 600_000 } }],
    ['snapshot shop-prod –before 10m', 'snapshot', { target: 'shop-prod', window: { beforeMs: 600_000 } }],
    ['snapshot shop–prod –b 2m', 'snapshot', { target: 'shop-prod', window: { beforeMs: 120_000 } }],
    [
      'snapshot “shop-prod” --env ‘prod’',
      'snapshot',
      { target: 'shop-prod', environment: 'prod', window: {} },
    ],
    ['snapshot "shop-prod"', 'snapshot', { target: 'shop-prod', window: {} }],
    [
      'snapshot <https://shop-prod.example|shop-prod.example>',
      'snapshot',
      { target: 'shop-prod.example', window: {} },
    ],
    [
      'snapshot\u00A0shop-prod\n--before\t10m',
      'snapshot',
      { target: 'shop-prod', window: { beforeMs: 600_000 } },
    ],
    ['snapshot shop-\u200Bprod', 'snapshot', { target: 'shop-prod', window: {} }],
    [
      'snapshot shop-prod --url <https://ci.example/a&amp;b/cpu.pb.gz>',
      'snapshot',
      { target: 'shop-prod', wish: { url: 'https://ci.example/a&b/cpu.pb.gz' } },
    ],
    ['suspects', 'suspects', { window: {} }],
    ['audit', 'audit', { limit: 10 }],
    [
      'audit shop-prod --user <@U1|ada> —since 2d -n 25',
      'audit',
      { target: 'shop-prod', userId: 'U1', sinceMs: 172_800_000, limit: 25 },
    ],
    ['audit --user <@W0GRID> --since 36h', 'audit', { userId: 'W0GRID', sinceMs: 129_600_000, limit: 10 }],
    ['suspects <@U1|ada>', 'suspects', { target: '@U1', window: {} }],
    ['suspects <#C1|ops> --to 1.5s', 'suspects', { target: '#ops', window: { toMs: 1_500 } }],
    ['suspects &lt;@U1&gt;', 'suspects', { target: '<@U1>', window: {} }],
    ['list', 'list', { limit: 10 }],
    ['list shop-prod -n 3', 'list', { target: 'shop-prod', limit: 3 }],
    ['status', 'status', {}],
    ['', 'help', {}],
    ['help', 'help', {}],
    ['--help', 'help', {}],
    ['help snapshot', 'help', { command: 'snapshot' }],
    ['snapshot --help', 'help', { command: 'snapshot' }],
    ['snapshot shop-prod -h', 'help', { command: 'snapshot' }],
    // Words from a shell.
    [
      ['snapshot', 'shop-prod', '--before', '10m'],
      'snapshot',
      { target: 'shop-prod', window: { beforeMs: 600_000 } },
    ],
    [['suspects', 'two words'], 'suspects', { target: 'two words', window: {} }],
  ])('%j is read as %s', (typed, name, given) => {
    // Nothing special is wished for unless it is said.
    const whole = name === 'snapshot' ? { window: {}, wish: {}, ...given } : given;
    expect(parse(typed)).toEqual([name, whole]);
  });

  test.each<[string, string, RegExp]>([
    [
      'snapshto shop-prod',
      'COMMAND_UNKNOWN',
      /"snapshto": there is no such command \(did you mean "snapshot"\?\)/,
    ],
    [
      'xyzzy',
      'COMMAND_UNKNOWN',
      /there is "snapshot", "suspects", .*"cancel", "retry", "revoke", "audit", "status", "doctor" or "help"; in the thread .* only <pod>/,
    ],
    [
      'snapshot shop-prod --befor 10m',
      'COMMAND_USAGE',
      /option "--befor" is unknown \(did you mean "--before"\?\)/,
    ],
    ['status --all', 'COMMAND_USAGE', /option "--all" is unknown \(it knows no options\)/],
    ['audit --user maya', 'COMMAND_USAGE', /option "--user" needs somebody of this workspace.*found "maya"/],
    ['audit --since 2y', 'COMMAND_USAGE', /option "--since" needs a time such as 2d or 12h: found "2y"/],
    ['audit --since 4000d', 'COMMAND_USAGE', /found "4000d"/],
    ['audit --limit 26', 'COMMAND_USAGE', /needs a number from 1 to 25: found "26"/],
    ['list --limit', 'COMMAND_USAGE', /option "--limit" needs a value/],
    ['list --limit --env prod', 'COMMAND_USAGE', /option "--limit" needs a value/],
    ['list --limit 99', 'COMMAND_USAGE', /needs a number from 1 to 25: found "99"/],
    ['list --limit 2 --limit 3', 'COMMAND_USAGE', /option "--limit" is given twice/],
    ['snapshot', 'COMMAND_USAGE', /is missing.*Usage: snapshot <app-env>/],
    ['snapshot shop prod', 'COMMAND_USAGE', /"prod" is one argument too many/],
    [
      'snapshot shop-prod --before soon',
      'COMMAND_USAGE',
      /"--before" needs a duration up to a day .* found "soon"/,
    ],
    ['snapshot shop-prod --before 0', 'COMMAND_USAGE', /above zero/],
    ['snapshot shop-prod --for 6m', 'COMMAND_USAGE', /"--for" needs a duration from 1s to 5m: found "6m"/],
    ['snapshot shop-prod --for 5s --before 1m', 'COMMAND_USAGE', /"--before" cannot stand with it/],
    ['snapshot shop-prod --pod a --pods 2', 'COMMAND_USAGE', /"--pod" cannot stand with "--pods"/],
    ['snapshot shop-prod --pods 0', 'COMMAND_USAGE', /"--pods" needs a number of pods/],
    ['snapshot shop-prod --pod ../secrets', 'COMMAND_USAGE', /"--pod" needs a name as Kubernetes has them/],
    ['snapshot shop-prod --url ftp://ci.example/x', 'COMMAND_USAGE', /"--url" needs an http address/],
    ['snapshot shop-prod --url https://ci.example/x?token=s', 'COMMAND_USAGE', /without user, [^=]*$/],
    ['snapshot shop-prod --url https://u:p@ci.example/x', 'COMMAND_USAGE', /"--url" needs an http address/],
    [
      'snapshot shop-prod --url https://ci.example/x --for 5s',
      'COMMAND_USAGE',
      /"--for" cannot stand with it/,
    ],
    ['snapshot shop-prod --before 1m --to 5s', 'COMMAND_USAGE', /"--before" cannot stand with/],
    ['snapshot shop-prod --from 8s --to 5s', 'COMMAND_USAGE', /"--to" has to be later than "--from"/],
    [`snapshot ${'x'.repeat(3_000)}`, 'COMMAND_USAGE', /at most 2000 are read/],
    ['toString', 'COMMAND_UNKNOWN', /no such command/],
    ['status --__proto__ x', 'COMMAND_USAGE', /unknown/],
  ])('%j is refused as %s', (typed, code, message) => {
    expect(() => parse(typed)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('of anything is a command or an error for a person, and quick', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'snapshot',
        'suspects',
        'list',
        'zoom',
        'only',
        'vs',
        '5s-8s',
        '--before',
        '—from',
        '--to=',
        '10m',
        '<',
        '>',
        '|',
        '"',
        '“',
        "'",
        '<@U1|',
        '&lt;',
        '-',
        '--',
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        try {
          expect(commands.map(({ name }) => name)).toContain(parseCommandLine(words.join(' ')).name);
        } catch (error) {
          expect(error).toBeInstanceOf(AvalancheError);
          expect((error as AvalancheError).code).toMatch(/^COMMAND_/);
        }
      }),
    );
  });

  test('of hostile length is refused before it costs time', () => {
    const startedAt = performance.now();
    for (const part of ['<', '<@', '"', "'", '—', 'a=', '&lt;', ' ']) {
      expect(() => parse(part.repeat(1_000_000))).toThrow(/at most 2000/);
      try {
        parse(part.repeat(Math.floor(2_000 / part.length)));
      } catch (error) {
        expect(error).toBeInstanceOf(AvalancheError);
      }
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('in a thread', () => {
  const part = { window: {}, clock: null, burst: null, only: null, threads: null, without: null };
  const clock = { fromMs: 11_530_000, toMs: 11_545_000 };

  test.each<[string, object]>([
    ['zoom 2', { burst: 2 }],
    ['burst 2', { burst: 2 }],
    ['5s-8s', { window: { fromMs: 5_000, toMs: 8_000 } }],
    ['5s–8s', { window: { fromMs: 5_000, toMs: 8_000 } }],
    ['5s - 8s', { window: { fromMs: 5_000, toMs: 8_000 } }],
    ['5s to 8s', { window: { fromMs: 5_000, toMs: 8_000 } }],
    ['zoom 1m30s..2m', { window: { fromMs: 90_000, toMs: 120_000 } }],
    ['zoom --from 5s', { window: { fromMs: 5_000 } }],
    ['03:12:10-03:12:25', { clock }],
    ['03:12:10 — 03:12:25', { clock }],
    ['23:59-00:01', { clock: { fromMs: 86_340_000, toMs: 86_460_000 } }],
    ['only pod-3', { only: 'pod-3' }],
    ['Only pod-3 without GC', { only: 'pod-3', without: 'GC' }],
    ['threads http-*', { threads: 'http-*' }],
    [
      'without Cart.total, eagerly 5s-8s',
      { without: 'Cart.total, eagerly', window: { fromMs: 5_000, toMs: 8_000 } },
    ],
    ['without “Cart total”', { without: 'Cart total' }],
    ['zoom only pod-3', { only: 'pod-3' }],
  ])('%j is a zoom', (typed, expected) => {
    expect(parse(typed)).toEqual([
      'zoom',
      { target: undefined, environment: undefined, part: { ...part, ...expected } },
    ]);
  });

  test.each<[string, object]>([
    ['vs yesterday', { vs: 'yesterday', window: {} }],
    ['against last week', { vs: 'last week', window: {} }],
    ['5s-8s vs 2h', { vs: '2h', window: { fromMs: 5_000, toMs: 8_000 } }],
  ])('%j is a comparison', (typed, expected) => {
    expect(parse(typed)).toEqual(['diff', expect.objectContaining(expected)]);
  });

  test.each<[string, string, RegExp]>([
    ['only', 'COMMAND_UNKNOWN', /without GC/],
    ['only pod-3 vs yesterday', 'COMMAND_UNKNOWN', /vs yesterday/],
    ['5s-8s 9s-10s', 'COMMAND_UNKNOWN', /5s-8s/],
    ['why is it slow', 'COMMAND_UNKNOWN', /only <pod>/],
    ['zoom', 'COMMAND_USAGE', /what to look at is missing/],
    ['zoom 8s-5s', 'COMMAND_USAGE', /has to end later/],
    ['zoom 2 3', 'COMMAND_USAGE', /"3" is one argument too many/],
    ['zoom 5s-8s --from 4s', 'COMMAND_USAGE', /cannot stand with/],
    ['diff shop-prod shop-test --vs yesterday', 'COMMAND_USAGE', /cannot stand with "--vs"/],
  ])('%j is refused as %s, with what can be said', (typed, code, message) => {
    expect(() => parse(typed)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

test.each<[string, number | undefined]>([
  ['90s', 90_000],
  ['10m', 600_000],
  ['10min', 600_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['1.5s', 1_500],
  ['5', 5_000],
  ['2.5', 2_500],
  ['24h', 86_400_000],
  ['25h', undefined],
  ['-5s', undefined],
  ['5 s', undefined],
  ['1d', undefined],
  ['s', undefined],
  ['', undefined],
  ['1e3', undefined],
  ['Infinity', undefined],
])('the duration %j is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test('every example of every command can be read', () => {
  for (const { name, examples } of commands) {
    for (const example of examples) expect(parseCommandLine(example).name).toBe(name);
  }
});

describe('a mention', () => {
  const event = { channel: 'C1', ts: '2.0', user: 'U1', text: '<@UBOT> list', team: 'T1' };

  test.each([
    ['<@UBOT> list', 'list'],
    ['<@UBOT|avalanche>: list shop', 'list shop'],
    ['hey <@UBOT> status', 'status'],
    ['status <@UBOT>', 'status'],
    ['<@UBOT>', ''],
    ['<@UBOT> list <@U2>', 'list <@U2>'],
  ])('%j carries the command %j', (text, command) => {
    expect(readMention({ ...event, text }, 'UBOT')?.text).toBe(command);
  });

  test('in a thread is answered there, elsewhere it begins one', () => {
    expect(readMention({ ...event, thread_ts: '1.0' }, 'UBOT')?.threadTs).toBe('1.0');
    expect(readMention(event, 'UBOT')?.threadTs).toBe('2.0');
  });

  test.each([
    { edited: { user: 'U1', ts: '3.0' } },
    { bot_id: 'B1' },
    { subtype: 'bot_message' },
    { user: undefined },
  ])('with %j is none of a person', (extra) => {
    expect(readMention({ ...event, ...extra }, 'UBOT')).toBeUndefined();
  });
});
