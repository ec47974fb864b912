import type { Message } from '../../bot/playground/model.ts';
import type { Playground } from '../../bot/playground/start-playground.ts';
import { renderReport } from '../../bot/replies/render-report.ts';
import type { MessageRow, RequestRow, Store } from '../../storage/database/store.ts';
import { isFile, reportSchema } from '../../workers/jobs.ts';
import type { GivenCommand } from './give-commands.ts';

export type Ending =
  /** All that there is to say stands in Slack. */
  | 'answered'
  /** What went wrong stands in Slack. */
  | 'failed visibly'
  /** Slack itself told the person that the app did not take the command. */
  | 'refused by Slack'
  /** Slack gave up on telling the app of a mention; nobody else could have known of it. */
  | 'never heard'
  | 'lost';

/** A message that stands twice. */
export type Doubled = {
  requestId: string;
  key: string;
  /** ms since 1970. */
  postedAt: number[];
  /** The two say different things: first progress that nobody knew of, and what came later as a message of its own. */
  isProgress: boolean;
};

export type Watch = {
  /** ms since 1970; of a thread by its parent's timestamp, or of what a person alone was told. */
  lastChangeAt(channelId: string, threadOrPerson: string): number | undefined;
  acks(): { p50: number; p99: number; longest: number };
};

export type Judgement = {
  command: GivenCommand;
  ending: Ending;
  /** Why it is lost. */
  problem: string | null;
  requestId: string | null;
  doubled: Doubled[];
  /** From the command to the last thing that was said. */
  waitMs: number;
};

/** Judges each command by what stands in Slack; the store only says what should. */
export async function audit(
  { playground, store, watch }: { playground: Playground; store: Store; watch: Watch },
  commands: readonly GivenCommand[],
): Promise<Judgement[]> {
  const requests = Map.groupBy(await store.listRequests({ limit: 100_000 }), placeOf);
  const judgements: Judgement[] = [];
  for (const command of commands) {
    const { id: channelId } = playground.channels.find(({ name }) => name === command.channel)!;
    const { id: userId } = playground.users.find(({ name }) => name === command.user)!;
    const [request, ...others] = requests.get(placeOf({ channelId, userId })) ?? [];
    const seen = allMessages(playground, command.channel);
    const whispers = seen.filter(({ visibleTo }) => visibleTo === userId);
    if (request === undefined) {
      const judged = judgeUnrecorded(command, whispers, seen);
      judgements.push({ command, requestId: null, doubled: [], waitMs: 0, ...judged });
      continue;
    }
    const rows = await store.listMessages(request.id);
    const problem =
      others.length > 0
        ? `it became ${others.length + 1} requests`
        : findProblem({ command, request, rows, whispers, seen, playground });
    const ending = problem !== null ? 'lost' : request.state === 'done' ? 'answered' : 'failed visibly';
    const doubled = findDoubled(request, rows, seen);
    const lastAt = watch.lastChangeAt(channelId, request.threadTs ?? userId) ?? command.givenAt;
    const waitMs = lastAt - command.givenAt;
    judgements.push({ command, requestId: request.id, ending, problem, doubled, waitMs });
  }
  return judgements;
}

const placeOf = ({ channelId, userId }: { channelId: string; userId: string }) => `${channelId} ${userId}`;

function allMessages(playground: Playground, channel: string): Message[] {
  return playground
    .messages(channel)
    .flatMap((message) => [
      message,
      ...playground.thread(channel, message.ts).filter(({ ts }) => ts !== message.ts),
    ]);
}

function judgeUnrecorded(
  { way, isTaken, messageTs }: GivenCommand,
  whispers: readonly Message[],
  seen: readonly Message[],
): { ending: Ending; problem: string | null } {
  if (way === 'mention') {
    const isTold = seen.some(({ threadTs, user }) => threadTs === messageTs && user !== undefined);
    if (isTold) return { ending: 'failed visibly', problem: null };
    return isTaken
      ? { ending: 'lost', problem: 'a mention was acknowledged and not recorded' }
      : { ending: 'never heard', problem: null };
  }
  if (whispers.some(({ text }) => text.includes('failed with the error')))
    return { ending: 'refused by Slack', problem: null };
  // "Not taken yet" tells what to do when nothing follows.
  return whispers.some((whisper) => !isFirstSign(whisper))
    ? { ending: 'failed visibly', problem: null }
    : { ending: 'lost', problem: 'a command was acknowledged and neither recorded nor answered' };
}

const isFirstSign = ({ text }: Message) => text.startsWith('Taken, this takes a moment');

type Evidence = {
  command: GivenCommand;
  request: RequestRow;
  rows: readonly MessageRow[];
  whispers: readonly Message[];
  seen: readonly Message[];
  playground: Playground;
};

function findProblem({ command, request, rows, whispers, seen, playground }: Evidence): string | null {
  if (request.state === 'accepted' || request.state === 'running') return `it is still ${request.state}`;
  for (const row of rows) {
    const problem = findMessageProblem(row, request, seen, playground);
    if (problem !== null) return `${row.key}: ${problem}`;
  }
  const results = rows.filter(({ kind }) => kind === 'result');
  const isSnapshot = request.command === 'snapshot' && request.state === 'done';
  const missing = isSnapshot
    ? ['summary', 'flame-graph', 'suspects'].filter((key) => results.every((row) => row.key !== key))
    : [];
  if (missing.length > 0) return `${missing.join(', ')} was never written`;
  if (results.length > 0) return null;
  if (command.way === 'mention') return 'a mention has no message';
  // Whoever was told by Slack that it did not work looks no further.
  if (whispers.some((whisper) => !isFirstSign(whisper))) return null;
  return 'nothing was said to whoever asked';
}

function findMessageProblem(
  row: MessageRow,
  request: RequestRow,
  seen: readonly Message[],
  playground: Playground,
): string | null {
  if (row.deliveryError !== null) return `Slack refused it: ${row.deliveryError}`;
  if (row.deliveredVersion < row.version) return `version ${row.version} was not delivered`;
  const report = reportSchema.parse(row.content);
  const posts = seen.filter((message) => isOf(message, request, row.key));
  if (isFile(report)) {
    const file = playground.files().find(({ id }) => id === row.slackFileId);
    return posts.length > 0 || (file?.shares.length ?? 0) > 0 ? null : 'the file is not in Slack';
  }
  const { text } = renderReport(report, { requestId: request.id, nowMs: Date.now() });
  if (posts.some((post) => post.text === text)) return null;
  return `Slack shows ${posts.map((post) => `"${post.text}"`).join(', ') || 'nothing'} instead of "${text}"`;
}

function isOf({ metadata }: Message, { id }: RequestRow, key: string): boolean {
  const payload = metadata?.event_payload as { request_id?: string; key?: string } | undefined;
  return payload?.request_id === id && payload.key === key;
}

/** A picture that stands twice has two files in the thread, each with the name of its kind. */
function findDoubled(request: RequestRow, rows: readonly MessageRow[], seen: readonly Message[]): Doubled[] {
  const doubled = rows.flatMap(({ key }) => {
    const posts = seen.filter((message) => isOf(message, request, key));
    if (posts.length < 2) return [];
    const isProgress = new Set(posts.map(({ text }) => text)).size > 1;
    return [{ requestId: request.id, key, postedAt: posts.map(postedAt), isProgress }];
  });
  const pictures = seen.filter(
    ({ threadTs, fileIds }) => threadTs === request.threadTs && fileIds.length > 0,
  );
  const wanted = rows.filter(({ slackFileId }) => slackFileId !== null).length;
  // Commands of others may share a thread only when they were typed in it; here none is.
  if (request.threadTs === null || pictures.length <= wanted) return doubled;
  const key = 'picture';
  return [...doubled, { requestId: request.id, key, postedAt: pictures.map(postedAt), isProgress: false }];
}

const postedAt = ({ ts }: Message) => Math.floor(Number(ts) * 1_000);
