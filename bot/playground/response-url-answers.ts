import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { readBody, send, sendJson } from './http.ts';
import type { ResponseTarget, ResponseUrls } from './response-urls.ts';
import { SlackRefusal } from './slack-refusal.ts';
import { cutText, readBlocks, type World } from './world.ts';

const answerSchema = z.object({
  text: z.string().default(''),
  blocks: z.unknown().optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).default('ephemeral'),
  replace_original: z.boolean().default(false),
  delete_original: z.boolean().default(false),
  thread_ts: z.string().optional(),
});

const bodyLimit = 1024 ** 2;

/** The text or blocks that an app gives with its acknowledgement, or nothing. */
export function answerCommand(world: World, target: ResponseTarget, answer: unknown): void {
  const parsed = answerSchema.safeParse(answer ?? {});
  if (!parsed.success) throw new SlackRefusal('invalid_command_response');
  if (parsed.data.text === '' && parsed.data.blocks === undefined) return;
  placeAnswer(world, target, parsed.data);
}

/** POST to a response_url. Slack tells what went wrong by status here, unlike in the Web API. */
export async function answerResponseUrl(
  world: World,
  urls: ResponseUrls,
  secret: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, bodyLimit);
  const target = urls.use(secret);
  if (typeof target === 'string') {
    sendJson(response, { ok: false, error: target }, 404);
    return;
  }
  try {
    placeAnswer(world, target, parseAnswer(body.toString('utf8')));
    send(response, 'ok', 'text/plain; charset=utf-8');
  } catch (error) {
    if (!(error instanceof SlackRefusal)) throw error;
    sendJson(response, { ok: false, error: error.error, ...error.details }, 400);
  }
}

function parseAnswer(body: string): z.infer<typeof answerSchema> {
  try {
    return answerSchema.parse(JSON.parse(body));
  } catch {
    throw new SlackRefusal('invalid_payload');
  }
}

function placeAnswer(world: World, target: ResponseTarget, answer: z.infer<typeof answerSchema>): void {
  const { workspace, bot } = world;
  if (answer.delete_original && target.original !== null) {
    workspace.remove(target.original);
    return;
  }
  const text = cutText(answer.text);
  const blocks = readBlocks(world, answer.blocks);
  if (text.trim() === '' && blocks.length === 0) throw new SlackRefusal('no_text');
  if (answer.replace_original && target.original !== null) {
    workspace.change(target.original, { text, blocks });
    return;
  }
  const threadTs = answer.thread_ts ?? null;
  if (threadTs !== null) workspace.getThreadParent(target.channel, threadTs);
  const visibleTo = answer.response_type === 'ephemeral' ? target.user : null;
  workspace.post({ channel: target.channel, user: bot.userId, text, blocks, threadTs, visibleTo });
}
