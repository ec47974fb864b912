import { S3ServiceException } from '@aws-sdk/client-s3';
import { AvalancheError } from '../errors.ts';

type Attempt = { action: string; key: string; bucket: string; endpoint: string | null };

/** What S3 says to a wrong or missing login, bucket or right, in our words; its own may repeat an access key. */
const refusals: Record<string, string> = {
  NoSuchBucket: 'there is no such bucket',
  InvalidAccessKeyId: 'the server does not know the access key',
  SignatureDoesNotMatch: 'the secret key is wrong',
  AccessDenied: 'the credentials do not permit it',
  ExpiredToken: 'the session token has expired',
  InvalidToken: 'the session token is wrong',
  AuthorizationHeaderMalformed: 'the region is not that of the bucket',
  PermanentRedirect: 'the region or endpoint is not that of the bucket',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  QuotaExceeded: 'the quota of the bucket is used up',
};

/** `missing`: no such object; `refused`: trying again is of no use; `away`: it is; `unknown`: the rest. */
type S3Failure = { kind: 'missing' | 'refused' | 'away' | 'unknown'; state: string };

/** What a call to S3 ended with, as a person should read it. */
export function describeS3Failure(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { kind: 'unknown', state: String(error) };
  const refused = (state: string): S3Failure => ({ kind: 'refused', state });
  if (error.name === 'CredentialsProviderError')
    return refused('no credentials were found in the environment, the shared files or a role');
  if (/region is missing/i.test(error.message))
    return refused('no region was given, in the URL or in AWS_REGION');
  if (!(error instanceof S3ServiceException))
    return isOfNetwork(error)
      ? { kind: 'away', state: describeNetwork(error) }
      : { kind: 'unknown', state: error.message };
  const status = error.$metadata.httpStatusCode ?? 0;
  const refusal = refusals[error.name];
  if (refusal !== undefined) return refused(refusal);
  if (error.name === 'NoSuchKey' || error.name === 'NotFound')
    return { kind: 'missing', state: 'there is no such object' };
  // Versity's server answers so to an access key that it does not know.
  if (status === 404) return refused(`it answered 404 ${error.name}`);
  if (status === 401 || status === 403) return refused('the credentials do not permit it');
  if (status >= 500 || status === 429 || status === 0)
    return { kind: 'away', state: `it answered ${status} ${error.name}, several times` };
  return { kind: 'unknown', state: `it answered ${status} ${error.name}` };
}

const codes = {
  missing: 'BLOB_MISSING',
  refused: 'BLOB_REFUSED',
  away: 'ENGINE_UNREACHABLE',
  unknown: 'INTERNAL',
} as const;

/** @returns BLOB_MISSING, BLOB_REFUSED (trying again is of no use) or ENGINE_UNREACHABLE (it is); INTERNAL for the rest */
export function asBlobError(error: unknown, { action, key, bucket, endpoint }: Attempt): AvalancheError {
  if (error instanceof AvalancheError) return error;
  const { kind, state } = describeS3Failure(error);
  const place = `the bucket "${bucket}"${endpoint === null ? '' : ` at ${endpoint}`}`;
  const message = `Cannot ${action} blob "${key}" in ${place}: ${state}`;
  return new AvalancheError(codes[kind], message, { bucket }, error);
}

/** Whether S3 forbids a thing or a server of others does not have it. */
export function isNotAllowed(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    (error.name === 'NotImplemented' || [401, 403, 405, 501].includes(error.$metadata.httpStatusCode ?? 0))
  );
}

/** Node gives such errors a code; an answer that is not S3's comes with the answer. */
function isOfNetwork(error: Error): boolean {
  return error.name === 'TimeoutError' || 'code' in error || '$response' in error;
}

function describeNetwork(error: Error): string {
  if (error.name === 'TimeoutError') return 'no answer in time';
  // Trying several addresses of a host ends in an AggregateError without words.
  return error.message || ('code' in error ? String(error.code) : error.name);
}
