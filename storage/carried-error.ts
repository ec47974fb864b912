import { AvalancheError, type ErrorCode, toAvalancheError } from './errors.ts';

/** An error on its way from one thread to another, which would not keep what kind it is. */
export type CarriedError = {
  code: ErrorCode;
  message: string;
  details: Record<string, unknown>;
  stack: string;
};

export function carryError(thrown: unknown): CarriedError {
  const { code, message, details } = toAvalancheError(thrown);
  return { code, message, details, stack: (thrown as Error).stack ?? '' };
}

/** The error as it was thrown, its stack that of the other thread. */
export function bringBack({ code, message, details, stack }: CarriedError): AvalancheError {
  const error = new AvalancheError(code, message, details);
  if (stack !== '') error.stack = stack;
  return error;
}
