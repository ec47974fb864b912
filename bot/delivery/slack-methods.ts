import { WebAPIHTTPError, type WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { ReplyBlock } from '../replies/reply.ts';

/** A message as it shall stand in Slack. Nothing in it is parsed for mentions, and no link is unfurled. */
export type OutgoingMessage = {
  channel: string;
  threadTs: string | null;
  text: string;
  blocks: ReplyBlock[];
};

/** The few things that delivery asks of Slack. */
export type SlackMethods = {
  postMessage(message: OutgoingMessage & { requestId: string; key: string }): Promise<{ ts: string }>;
  updateMessage(message: Omit<OutgoingMessage, 'threadTs'> & { ts: string }): Promise<void>;
  startUpload(file: { fileName: string; bytes: number }): Promise<{ uploadUrl: string; fileId: string }>;
  uploadFile(uploadUrl: string, content: Uint8Array): Promise<void>;
  /** Shows the uploaded file in the channel. Slack answers before it is there. */
  shareUpload(file: ShareUpload): Promise<void>;
  getFile(fileId: string): Promise<SharedFile>;
};

export type ShareUpload = {
  fileId: string;
  title: string;
  channel: string;
  threadTs: string | null;
  blocks: ReplyBlock[];
};

export type SharedFile = {
  permalink: string | null;
  shares: { channel: string; ts: string; threadTs: string | null }[];
};

const uploadMs = 15_000;

const postAnswer = z.object({ ts: z.string().min(1) });
const uploadAnswer = z.object({ upload_url: z.url(), file_id: z.string().min(1) });
const share = z.object({ ts: z.string(), thread_ts: z.string().optional() });
const channels = z.record(z.string(), z.array(share)).optional();
const fileAnswer = z.object({
  file: z.object({
    permalink: z.string().optional(),
    shares: z.object({ public: channels, private: channels }).optional(),
  }),
});

/** Everything that Slack might parse is switched off, in every post and again in every update. */
const inert = { parse: 'none', link_names: false } as const;

/** What delivery asks of Slack, over the real client. */
export function toSlackMethods(client: WebClient): SlackMethods {
  return {
    async postMessage({ channel, threadTs, text, blocks, requestId, key }) {
      const answer = await client.chat.postMessage({
        channel,
        text,
        ...(blocks.length > 0 ? { blocks } : {}),
        ...(threadTs === null ? {} : { thread_ts: threadTs }),
        ...inert,
        mrkdwn: false,
        unfurl_links: false,
        unfurl_media: false,
        metadata: { event_type: 'avalanche_message', event_payload: { request_id: requestId, key } },
      });
      return postAnswer.parse(answer);
    },
    async updateMessage({ channel, ts, text, blocks }) {
      await client.chat.update({ channel, ts, text, blocks, ...inert });
    },
    async startUpload({ fileName, bytes }) {
      const answer = await client.files.getUploadURLExternal({ filename: fileName, length: bytes });
      const { upload_url, file_id } = uploadAnswer.parse(answer);
      return { uploadUrl: upload_url, fileId: file_id };
    },
    uploadFile,
    async shareUpload({ fileId, title, channel, threadTs, blocks }) {
      await client.files.completeUploadExternal({
        files: [{ id: fileId, title }],
        blocks,
        ...(threadTs === null ? { channel_id: channel } : { channel_id: channel, thread_ts: threadTs }),
      });
    },
    async getFile(fileId) {
      const { file } = fileAnswer.parse(await client.files.info({ file: fileId }));
      const byChannel = [
        ...Object.entries(file.shares?.public ?? {}),
        ...Object.entries(file.shares?.private ?? {}),
      ];
      const shares = byChannel.flatMap(([channel, entries]) =>
        entries.map(({ ts, thread_ts }) => ({ channel, ts, threadTs: thread_ts ?? null })),
      );
      return { permalink: file.permalink ?? null, shares };
    },
  };
}

/** Without the client: that one would send our token to the upload address too. */
async function uploadFile(uploadUrl: string, content: Uint8Array): Promise<void> {
  const response = await fetch(uploadUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(content),
    redirect: 'error',
    signal: AbortSignal.timeout(uploadMs),
  });
  await response.body?.cancel();
  if (!response.ok) throw new WebAPIHTTPError(response.status, response.statusText, {});
}
