import type { Message } from '../model.ts';

/** @returns what went wrong, for people; null when all is well */
export const say = (channel: string, text: string, threadTs: string | null): Promise<string | null> =>
  post('/page/say', { channel, text, threadTs });

export const press = (
  message: Message,
  actionId: string,
  value: string | undefined,
): Promise<string | null> =>
  post('/page/press', { channel: message.channel, ts: message.ts, actionId, value });

async function post(path: string, body: unknown): Promise<string | null> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { ok: boolean; error?: string };
    return answer.ok ? null : `Not sent: ${answer.error}`;
  } catch {
    return 'Not sent: the playground does not answer. Is it still running?';
  }
}
