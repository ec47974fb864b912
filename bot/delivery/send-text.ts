import type { MessageRow, RequestRow, Store } from '../../storage/database/store.ts';
import type { Report } from '../../workers/jobs.ts';
import { renderReport } from '../replies/render-report.ts';
import type { Reply } from '../replies/reply.ts';
import { linkFor, type MakeExplorerLink } from './explorer-link.ts';
import { classifyFailure } from './slack-failure.ts';
import type { SlackMethods } from './slack-methods.ts';

type Sending = {
  store: Store;
  slack: SlackMethods;
  nowMs: number;
  explorerLink: MakeExplorerLink | null;
  request: RequestRow;
  message: MessageRow;
  report: Report;
  /** Null when this message is to become the thread. */
  threadTs: string | null;
};

/**
 * Posts a message, or changes it when it is there. Slack has no key that would make a post happen once, so
 * each kind errs on its own side when the process dies in between: first progress is noted as delivered
 * before it is posted (lost at worst), a result after (twice at worst, with its request id to tell). A change
 * may be repeated freely. Where the message was deleted meanwhile, a result is posted anew: somebody waits for it.
 */
export async function sendText(sending: Sending): Promise<void> {
  const { store, request, message, report, nowMs } = sending;
  const { key, version, kind, slackTs } = message;
  const reply = renderReport(report, {
    requestId: request.id,
    nowMs,
    askedBy: findAsker(request),
    explorerLink: linkFor(sending.explorerLink, request),
  });
  if (slackTs !== null && (await changeMessage(sending, slackTs, reply))) {
    await store.markDelivered(request.id, key, { version });
    return;
  }
  if (kind === 'progress') await store.markDelivered(request.id, key, { version });
  const ts = await withPlainFallback(reply, (shown) => postReply(sending, shown));
  await store.markDelivered(request.id, key, { version, slackTs: ts });
}

/** A press leaves nothing in the thread that tells who it was. */
function findAsker({ source, userId }: RequestRow): string | null {
  return source === 'button' ? userId : null;
}

/** @returns false when a result has to be said in a message of its own */
async function changeMessage(
  { slack, request, message }: Sending,
  ts: string,
  reply: Reply,
): Promise<boolean> {
  try {
    await withPlainFallback(reply, (shown) =>
      slack.updateMessage({ channel: request.channelId, ts, ...shown }),
    );
    return true;
  } catch (error) {
    if (message.kind === 'result' && classifyFailure(error).kind === 'gone') return false;
    throw error;
  }
}

async function postReply({ slack, request, message, threadTs }: Sending, reply: Reply): Promise<string> {
  const { ts } = await slack.postMessage({
    channel: request.channelId,
    threadTs,
    ...reply,
    requestId: request.id,
    key: message.key,
  });
  return ts;
}

/** A Slack that does not take our blocks still gets the first line: better than silence. */
async function withPlainFallback<Answer>(
  reply: Reply,
  send: (reply: Reply) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send(reply);
  } catch (error) {
    const failure = classifyFailure(error);
    if (failure.kind !== 'too-complex') throw error;
    return send({
      text: `${reply.text} (shortened: Slack refused the full form, ${failure.reason})`,
      blocks: [],
    });
  }
}
