import { Writable } from 'node:stream';
import type { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { openLog } from '../../storage/open-log.ts';
import { redactSecrets } from '../../storage/secrets.ts';

const secret = 'planted-0123456789abcdef';
const slackToken = `xoxb-${secret}`;

describe('secrets', () => {
  test.each([
    `mysql://avalanche:${secret}@db:3306/avalanche`,
    `https://${secret}@code.example/acme/shop.git`,
    `redis://:${secret}@queue:6379`,
    `https://files.example/x?X-Amz-Signature=${secret}&part=1`,
    `https://files.example/x?part=1&token=${secret}`,
    `https://files.example/x?X-Goog-Credential=a&X-Goog-Signature=${secret}`,
    `https://files.example/x?Expires=1&Signature=${secret}&Key-Pair-Id=K1`,
    `https://blobs.example/x?sv=2026-01-01&sig=${secret}`,
    `https://hooks.slack.com/commands/T1/2/${secret}`,
    `https://files.slack.com/upload/v1/${secret}`,
    `Bearer ${secret}`,
    `authorization: Basic ${secret}`,
    `Bearer ${slackToken}`,
    `xapp-1-${secret}`,
    `ghp_${secret.replaceAll('-', '')}`,
  ])('%s is shown without its secret', (text) => {
    const shown = redactSecrets(`before ${text} after`);
    expect(shown).not.toContain(secret);
    expect(shown).toMatch(/^before .* after$/);
    expect(shown).toContain('***');
  });

  test.each([
    'https://host:8443/path@version',
    'applyPriceRules at discounts.ts:19',
    'git@code.example:acme/shop',
    'Basic types of the bearer, and https://slack.com/api/',
    'https://code.example/acme/shop/blob/1f2e/src/a.ts?plain=1#L3',
  ])('%s holds none and stays as it is', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });

  test('never reach the log, wherever they stand in a line', () => {
    const lines: string[] = [];
    const destination = new Writable({
      write(line, _, done) {
        lines.push(String(line));
        done();
      },
    });
    const log = openLog({ AVALANCHE_LOG_LEVEL: 'trace' }, destination as unknown as pino.DestinationStream);
    log.info({ slack: { botToken: slackToken }, headers: { authorization: `Bearer ${secret}` } }, 'Started');
    log.error(new Error(`Cannot connect to mysql://root:${secret}@db`), `Failed with ${slackToken}`);
    log.child({ token: secret }).debug({ a: { b: { password: secret } } }, 'Deep');
    log.warn(
      { url: `https://files.slack.com/upload/v1/${secret}`, next: [`x?sig=${secret}`] },
      'Not uploaded',
    );
    const cause = new Error(`GET https://logs.example/a?X-Amz-Signature=${secret}: 403`);
    log.warn({ err: new Error('Cannot fetch', { cause }), requestId: 'r1', jobId: 'j1' }, 'Job failed');
    expect(lines).toHaveLength(5);
    // Still JSON, with what it is searched by.
    expect(JSON.parse(lines[4] ?? '')).toMatchObject({ requestId: 'r1', jobId: 'j1' });
    expect(lines.join('')).not.toContain(secret);
  });
});
