import { createHmac } from 'node:crypto';

/** As Slack sends commands and presses to an app that listens on HTTP. */
export function postSigned(
  address: string,
  fields: Record<string, string>,
  secret: string,
): Promise<Response> {
  const body = new URLSearchParams(fields).toString();
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return fetch(address, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
  });
}
