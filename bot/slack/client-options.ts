import type { Logger } from '@slack/bolt';
import type { WebClientOptions } from '@slack/web-api';

type Destination = { apiUrl: string; logger: Logger };

/**
 * Options of a client that posts. Made anew for each client: the packages write into the object they are
 * given. What fails is not tried again here, because a retried post is a message twice: delivery decides.
 */
export function postingOptions({ apiUrl, logger }: Destination): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    logger,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    allowAbsoluteUrls: false,
  };
}

/** Options of the client that asks for sockets: it goes on trying, or a reconnect that fails once would be the last. */
export function socketOptions({ apiUrl, logger }: Destination): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    logger,
    retryConfig: { retries: 100, factor: 1.3, maxTimeout: 30_000 },
    timeout: 10_000,
    allowAbsoluteUrls: false,
  };
}
