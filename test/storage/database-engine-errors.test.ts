import { DrizzleQueryError } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { hasCode, runOnEngine } from '../../storage/database/engine-errors.ts';
import { AvalancheError } from '../../storage/errors.ts';

const kinds = {
  address: 'db:3306',
  isDeadlock: (error: unknown) => hasCode(error, new Set(['DEADLOCK'])),
  isUnreachable: (error: unknown) => hasCode(error, new Set(['GONE'])),
};

const withCode = (code: string) => Object.assign(new Error(`driver says ${code}`), { code });

/** Fails with each error in turn, then succeeds. */
function failing(...errors: Error[]) {
  let calls = 0;
  const work = async () => {
    const error = errors[calls++];
    if (error !== undefined) throw error;
    return 'done';
  };
  return { work, calls: () => calls };
}

test('work that lost a deadlock is done again', async () => {
  const deadlock = new DrizzleQueryError('update', ['a'], withCode('DEADLOCK'));
  const { work, calls } = failing(deadlock, deadlock, deadlock);
  expect(await runOnEngine(kinds, work)).toBe('done');
  expect(calls()).toBe(4);
});

test('work that always loses ends after ten attempts', async () => {
  const { work, calls } = failing(...Array.from({ length: 20 }, () => withCode('DEADLOCK')));
  await expect(runOnEngine(kinds, work)).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(calls()).toBe(10);
});

test('any other error is not tried again, since what it did is not known', async () => {
  const { work, calls } = failing(withCode('GONE'));
  await expect(runOnEngine(kinds, work)).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: 'Cannot reach the database at "db:3306": driver says GONE',
  });
  expect(calls()).toBe(1);
});

test('the values of a query are in no part of the error', async () => {
  const { work } = failing(
    new DrizzleQueryError('insert into requests', ['private words'], withCode('BROKEN')),
  );
  const error: unknown = await runOnEngine(kinds, work).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AvalancheError);
  const { message, cause, details } = error as AvalancheError;
  expect(message).toBe('Cannot use the database at "db:3306": driver says BROKEN');
  expect(JSON.stringify([cause, details])).not.toContain('private words');
});

test('all refused addresses of one name are told', async () => {
  const refused = Object.assign(
    new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]),
    {
      code: 'GONE',
    },
  );
  await expect(runOnEngine(kinds, failing(refused).work)).rejects.toThrow('refused ::1, refused 127.0.0.1');
});
