import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { MessageRow, RequestRow, Store } from '../../storage/database/store.ts';
import { type FileReport, fileKeyOf } from '../../workers/jobs.ts';
import { cleanLine, truncate } from '../replies/escape.ts';
import { renderReport } from '../replies/render-report.ts';
import type { Clock } from './clock.ts';
import { linkFor, type MakeExplorerLink } from './explorer-link.ts';
import { classifyFailure } from './slack-failure.ts';
import type { SharedFile, SlackMethods } from './slack-methods.ts';

type Sending = {
  clock: Clock;
  store: Store;
  blobs: BlobStore;
  slack: SlackMethods;
  nowMs: number;
  explorerLink: MakeExplorerLink | null;
  request: RequestRow;
  message: MessageRow;
  report: FileReport;
  threadTs: string | null;
};

const lookAgainMs = 2_000;

export type SentFile = { fileId: string; ts: string | null };

/**
 * Uploads a picture or a bundle and has Slack show it in the thread. The file's id is kept before it is shown: whoever
 * goes on after a crash asks Slack whether that file is in the thread already, so it comes once.
 */
export async function sendFile(sending: Sending): Promise<SentFile> {
  const { store, slack, nowMs, request, message, report, threadTs } = sending;
  const { key, version } = message;
  const begun = message.deliveredVersion === 0 ? await findBegun(sending) : null;
  if (begun?.shownTs !== undefined) {
    const { fileId, shownTs } = begun;
    await store.markDelivered(request.id, key, { version, slackTs: shownTs, slackFileId: fileId });
    return { fileId, ts: shownTs };
  }
  const fileId = begun?.fileId ?? (await upload(sending));
  try {
    await slack.shareUpload({
      fileId,
      title: truncate(cleanLine(report.title), 200),
      channel: request.channelId,
      threadTs,
      blocks: renderReport(report, {
        requestId: request.id,
        nowMs,
        explorerLink: linkFor(sending.explorerLink, request),
      }).blocks,
    });
  } catch (error) {
    // Slack takes it once only: the earlier try has asked already, and the picture is still on its way.
    if (begun === null || !isTakenAlready(error)) throw error;
  }
  return { fileId, ts: null };
}

function isTakenAlready(error: unknown): boolean {
  const failure = classifyFailure(error);
  return failure.kind === 'refused' && failure.reason === 'file_not_found';
}

/** What an earlier try left: a file, and where it stands when it got so far. Null when there is none. */
async function findBegun({
  clock,
  slack,
  request,
  message,
  threadTs,
}: Sending): Promise<{ fileId: string; shownTs?: string } | null> {
  const fileId = message.slackFileId;
  if (fileId === null) return null;
  const look = async () => findShare(await slack.getFile(fileId), request, threadTs);
  try {
    let share = await look();
    if (share === undefined) {
      // Slack may have been asked to show it a moment ago.
      await clock.sleep(lookAgainMs, new AbortController().signal);
      share = await look();
    }
    return share === undefined ? { fileId } : { fileId, shownTs: share.ts };
  } catch (error) {
    // Removed, or never finished: a new upload takes its place. Anything else is tried again later.
    if (classifyFailure(error).kind === 'refused') return null;
    throw error;
  }
}

async function upload({ store, blobs, slack, request, message, report }: Sending): Promise<string> {
  const content = await blobs.read(fileKeyOf(report));
  const fileName = report.fileName.replace(/[^\w.-]+/g, '-').slice(-100) || 'file';
  const { uploadUrl, fileId } = await slack.startUpload({ fileName, bytes: content.byteLength });
  await slack.uploadFile(uploadUrl, content);
  const { key, deliveredVersion } = message;
  if (deliveredVersion === 0) {
    await store.markDelivered(request.id, key, { version: deliveredVersion, slackFileId: fileId });
  }
  return fileId;
}

/** Where the file stands in the thread of the request. */
export function findShare({ shares }: SharedFile, { channelId }: RequestRow, threadTs: string | null) {
  return shares.find(
    (share) => share.channel === channelId && (threadTs === null || share.threadTs === threadTs),
  );
}
