import { S3Client } from '@aws-sdk/client-s3';
import type { S3Location } from './s3-url.ts';

/**
 * @param options.credentials those of the environment, the shared files or the role of the machine when absent
 * @param options.timeoutMs for an answer to begin, and the longest silence in it
 */
export function createS3Client(
  { endpoint, region, hasPathStyle }: Pick<S3Location, 'endpoint' | 'region' | 'hasPathStyle'>,
  {
    credentials,
    timeoutMs = 30_000,
  }: { credentials?: { accessKeyId: string; secretAccessKey: string }; timeoutMs?: number } = {},
): S3Client {
  // Servers of others know neither regions nor, many of them, the checksums that AWS added in 2025.
  const ofOthers = endpoint !== null && {
    endpoint,
    region: 'us-east-1',
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
  };
  return new S3Client({
    ...ofOthers,
    ...(region !== null && { region }),
    ...(credentials !== undefined && { credentials }),
    forcePathStyle: hasPathStyle,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: timeoutMs,
    },
  });
}
