import { describe, expect, test } from 'vitest';
import { authorize } from '../../bot/authorize.ts';
import { type AccessRule, configFileSchema } from '../../storage/config.ts';

const rulesOf = (...rules: object[]): AccessRule[] =>
  configFileSchema.parse({ access: { rules } }).access.rules;

const groups: Record<string, string[]> = { S0ONCALL: ['U0MAYA'], S0SHOP: ['U0JONAS', 'U0MAYA'] };
const findMembers = async (id: string) => {
  const found = groups[id];
  if (found === undefined) throw new Error('no_such_subteam');
  return new Set(found);
};

const oncall = { groups: ['S0ONCALL'] };
const maya = { userId: 'U0MAYA', channelId: 'C0INCIDENTS' };
const jonas = { userId: 'U0JONAS', channelId: 'C0INCIDENTS' };
const elsewhere = { userId: 'U0MAYA', channelId: 'C0GENERAL' };

type Case = [rules: object[], who: typeof maya, command: string, target: string, isAllowed: boolean];

const cases: Case[] = [
  [[], jonas, 'snapshot', 'shop-prod', true],
  [[{}], jonas, 'snapshot', 'shop-prod', true],
  [[oncall], maya, 'snapshot', 'shop-prod', true],
  [[oncall], jonas, 'snapshot', 'shop-prod', false],
  [[{ ...oncall, users: ['U0JONAS'] }], jonas, 'snapshot', 'shop-prod', true],
  [[{ users: ['U0JONAS'] }], maya, 'snapshot', 'shop-prod', false],
  [[{ apps: ['shop-*'] }], jonas, 'snapshot', 'shop-prod', true],
  [[{ apps: ['shop-*'] }], jonas, 'snapshot', 'cart-prod', false],
  [[{ apps: ['*-test'] }], jonas, 'snapshot', 'shop-test', true],
  [[{ apps: ['*-test'] }], jonas, 'snapshot', 'shop-prod', false],
  [[{ apps: ['shop'] }], jonas, 'snapshot', 'shop-prod', false],
  [[{ apps: ['s*p-*d'] }], jonas, 'snapshot', 'shop-prod', true],
  [[{ apps: ['shop-prod*prod'] }], jonas, 'snapshot', 'shop-prod', false],
  [[{ commands: ['list', 'suspects'] }], jonas, 'suspects', 'shop-prod', true],
  [[{ commands: ['list', 'suspects'] }], jonas, 'snapshot', 'shop-prod', false],
  [[{ channels: ['C0INCIDENTS'] }], maya, 'snapshot', 'shop-prod', true],
  [[{ channels: ['C0INCIDENTS'] }], elsewhere, 'snapshot', 'shop-prod', false],
  [[{ ...oncall, channels: ['C0INCIDENTS'] }], elsewhere, 'snapshot', 'shop-prod', false],
  [
    [
      { ...oncall, channels: ['C0INCIDENTS'] },
      { groups: ['S0SHOP'], apps: ['shop-*'] },
    ],
    elsewhere,
    'snapshot',
    'shop-prod',
    true,
  ],
  [[{ groups: ['S0GONE'] }], maya, 'snapshot', 'shop-prod', false],
  [[{ groups: ['S0GONE', 'S0ONCALL'] }], maya, 'snapshot', 'shop-prod', true],
];

describe('rights', () => {
  test.each(cases)('%j, %o: %s %s is allowed: %s', async (rules, who, command, target, isAllowed) => {
    const [app = '', environment = ''] = target.split('-');
    const asked = { who: { source: 'mention' as const, ...who }, command, target: { app, environment } };
    const answer = authorize(rulesOf(...rules), asked, findMembers);
    if (isAllowed) await expect(answer).resolves.toBeUndefined();
    else
      await expect(answer).rejects.toMatchObject({
        code: 'NOT_ALLOWED',
        message: expect.stringContaining(`Cannot run "${command}" for "${target}"`),
      });
  });

  test('that Slack cannot be asked about are none, and that is said', async () => {
    const asked = {
      who: { source: 'button' as const, ...maya },
      command: 'pin',
      target: { app: 'shop', environment: 'prod' },
    };
    await expect(authorize(rulesOf({ groups: ['S0GONE'] }), asked, findMembers)).rejects.toThrow(
      'Slack does not say who is in the group S0GONE',
    );
  });

  test.each([
    [{ apps: [] }],
    [{ apps: ['Shop-prod'] }],
    [{ users: ['maya'] }],
    [{ groups: ['oncall'] }],
    [{ channels: ['#incidents'] }],
    [{ user: ['U0MAYA'] }],
  ])('a rule %j is a mistake in the configuration', (rule) => {
    expect(() => rulesOf(rule)).toThrow();
  });
});
