import { pino } from 'pino';
import { expect, test } from 'vitest';
import { AvalancheError } from '../../../storage/errors.ts';
import { locatePods } from '../../../workers/snapshot/locate-pods.ts';
import type { RecordingSource } from '../../../workers/snapshot/sources/source.ts';

const settings = { environment: 'prod', maximum: 2, log: pino({ level: 'silent' }) };

function source(kind: string, findPods: RecordingSource['findPods']): RecordingSource {
  return { kind, describe: () => kind, findPods, fetch: () => Promise.reject(new Error('not asked for')) };
}

const withPods = source('near', async () => ({
  pods: [
    { pod: 'old', updatedAt: 1, locator: {} },
    { pod: 'new', updatedAt: 3, locator: {} },
    { pod: 'middle', updatedAt: 2, locator: {} },
  ],
  searched: ['near: 3 pods'],
}));
const empty = source('empty', async () => ({ pods: [], searched: ['empty: nothing'] }));
const away = source('away', async () => {
  throw new AvalancheError('LOG_SERVER_UNREADABLE', 'Cannot list "logs": it does not answer');
});

test('pods come freshest first, no more than the limit, with the source that has them', async () => {
  const pods = await locatePods([empty, withPods], 'shop', settings);
  expect(pods.map(({ pod, sourceKind }) => `${sourceKind}/${pod}`)).toEqual(['near/new', 'near/middle']);
});

test('a source that is away does not hide what another one has', async () => {
  expect(await locatePods([away, withPods], 'shop', settings)).toHaveLength(2);
});

test('nothing found says where it looked; a source that is away is then the reason', async () => {
  await expect(locatePods([empty], 'shop', settings)).rejects.toMatchObject({
    code: 'ARCHIVE_MISSING',
    message: 'Cannot find a recording of "shop" in "prod": empty: nothing',
  });
  await expect(locatePods([empty, away], 'shop', settings)).rejects.toMatchObject({
    code: 'LOG_SERVER_UNREADABLE',
  });
});
