import { S3ServiceException } from '@aws-sdk/client-s3';
import { describeS3Failure } from '../../../storage/blobs/s3-errors.ts';
import { PlaceError } from './listing.ts';

/** @throws the signal's reason when the call ended because it was aborted; what is neither S3's nor the network's */
export function asPlaceError(error: unknown, signal: AbortSignal): PlaceError {
  signal.throwIfAborted();
  if (error instanceof PlaceError) return error;
  const { kind, state } = describeS3Failure(error);
  if (kind === 'unknown' && !(error instanceof S3ServiceException)) throw error;
  return new PlaceError(kind === 'missing' ? 'gone, or never there' : state, {
    isAway: kind === 'away',
    isRefused: kind === 'refused',
    cause: error,
  });
}
