import type { AvalancheError } from '../../storage/errors.ts';

/** The error with which something ends that has to fail. */
export function failureOf<Failure extends Error = AvalancheError>(doing: Promise<unknown>): Promise<Failure> {
  return doing.then(
    () => {
      throw new Error('Expected a failure');
    },
    (error) => error,
  );
}

/** All that a log could show of an error, causes included. */
export function everythingIn(error: unknown): string {
  if (Array.isArray(error)) return error.map(everythingIn).join();
  if (!(error instanceof Error)) return String(error);
  const own = JSON.stringify(Object.fromEntries(Object.entries(error)));
  return `${error.stack} ${own} ${error.cause === undefined ? '' : everythingIn(error.cause)}`;
}
