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

/**
 * What a call to S3 ended with, as a person should read it.
 *
 * @returns BLOB_MISSING, BLOB_REFUSED (trying again is of no use) or ENGINE_UNREACHABLE (it is); INTERNAL for the rest
 */
export function asBlobError(error: unknown, { action, key, bucket, endpoint }: Attempt): AvalancheError {
  if (error instanceof AvalancheError) return error;
  const make = (code: 'BLOB_MISSING' | 'BLOB_REFUSED' | 'ENGINE_UNREACHABLE' | 'INTERNAL', state: string) => {
    const place = `the bucket "${bucket}"${endpoint === null ? '' : ` at ${endpoint}`}`;
    return new AvalancheError(
      code,
      `Cannot ${action} blob "${key}" in ${place}: ${state}`,
      { bucket },
      error,
    );
  };
  if (!(error instanceof Error)) return make('INTERNAL', String(error));
  if (error.name === 'CredentialsProviderError')
    return make('BLOB_REFUSED', 'no credentials were found in the environment, the shared files or a role');
  if (/region is missing/i.test(error.message))
    return make('BLOB_REFUSED', 'no region was given, in the URL or in AWS_REGION');
  if (!(error instanceof S3ServiceException))
    return isOfNetwork(error)
      ? make('ENGINE_UNREACHABLE', describeNetwork(error))
      : make('INTERNAL', error.message);
  const status = error.$metadata.httpStatusCode ?? 0;
  const refusal = refusals[error.name];
  if (refusal !== undefined) return make('BLOB_REFUSED', refusal);
  if (error.name === 'NoSuchKey' || error.name === 'NotFound')
    return make('BLOB_MISSING', 'there is no such object');
  // Versity's server answers so to an access key that it does not know.
  if (status === 404) return make('BLOB_REFUSED', `it answered 404 ${error.name}`);
  if (status === 401 || status === 403) return make('BLOB_REFUSED', 'the credentials do not permit it');
  if (status >= 500 || status === 429 || status === 0)
    return make('ENGINE_UNREACHABLE', `it answered ${status} ${error.name}, several times`);
  return make('INTERNAL', `it answered ${status} ${error.name}`);
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
