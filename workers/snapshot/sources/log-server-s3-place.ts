import type { S3Client } from '@aws-sdk/client-s3';

/** One log server in a bucket, and the connections to it for as long as one search or one download. */
export type S3Place = {
  client: S3Client;
  bucket: string;
  /** '' or ends with `/`. */
  prefix: string;
  /** A path below it as it stands in a message. */
  show(path: string): string;
};
