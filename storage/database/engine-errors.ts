import { setTimeout as sleep } from 'node:timers/promises';
import { DrizzleQueryError } from 'drizzle-orm';
import { AvalancheError } from '../errors.ts';
import type { Engine } from './engine.ts';

type ErrorKinds = Pick<Engine, 'address' | 'isDeadlock' | 'isUnreachable'>;

const maximumAttempts = 10;

/** The driver's error. Drizzle's wrapper is dropped: its message repeats every value of the query. */
export function toDriverError(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

/** Drivers and Node put a code on their errors. */
export function hasCode(error: unknown, codes: ReadonlySet<unknown>): boolean {
  return error instanceof Error && 'code' in error && codes.has(error.code);
}

/**
 * Does one atomic piece of work, again when it lost a deadlock.
 *
 * @throws AvalancheError ENGINE_UNREACHABLE naming the address, or INTERNAL with the driver's words
 */
export async function runOnEngine<Result>(
  engine: ErrorKinds,
  work: () => PromiseLike<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const driverError = toDriverError(error);
      if (!engine.isDeadlock(driverError) || attempt === maximumAttempts)
        throw toEngineError(engine, driverError);
      await sleep(Math.random() * 10 * attempt);
    }
  }
}

function toEngineError(engine: ErrorKinds, driverError: unknown): Error {
  // Our own words, and our own mistakes, as they are.
  if (driverError instanceof AvalancheError || driverError instanceof RangeError) return driverError;
  const { address } = engine;
  const reason = describeReason(driverError);
  return engine.isUnreachable(driverError)
    ? new AvalancheError(
        'ENGINE_UNREACHABLE',
        `Cannot reach the database at "${address}": ${reason}`,
        { address },
        driverError,
      )
    : new AvalancheError(
        'INTERNAL',
        `Cannot use the database at "${address}": ${reason}`,
        { address },
        driverError,
      );
}

/** Node's error for several refused addresses of one name has no message of its own. */
function describeReason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map(describeReason).join(', ');
  return error instanceof Error ? error.message : String(error);
}
