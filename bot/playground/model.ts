import type { Block } from './check-blocks.ts';

/** What the workspace holds, as plain values that travel to the page as JSON. Ids and times as Slack writes them. */
export type Team = { id: string; name: string; domain: string };

export type User = { id: string; name: string; realName: string; kind: 'person' | 'bot' | 'slackbot' };

export type Channel = {
  id: string;
  name: string;
  topic: string;
  isPrivate: boolean;
  isArchived: boolean;
  isExternallyShared: boolean;
  botIsMember: boolean;
};

type Reaction = { name: string; users: string[] };

export type Message = {
  channel: string;
  /** `1764028800.000123`: seconds and microseconds; the message's id in its channel. */
  ts: string;
  /** Timestamp of the parent, for a reply; null in the channel itself. */
  threadTs: string | null;
  user: string;
  /** As it came over the wire: mrkdwn with `&`, `<` and `>` escaped. */
  text: string;
  blocks: Block[];
  fileIds: string[];
  reactions: Reaction[];
  /** The one person who sees it, for an ephemeral message; null for everybody. */
  visibleTo: string | null;
  metadata: { event_type: string; event_payload: unknown } | null;
  /** Deleted while replies hang on it: Slack keeps a tombstone. */
  isTombstone: boolean;
};

type FileState = 'waiting for bytes' | 'uploaded' | 'processing' | 'ready';

export type SlackFile = {
  id: string;
  name: string;
  title: string;
  user: string;
  createdMs: number;
  size: number;
  state: FileState;
  /** Empty until the file is ready, as in Slack. */
  mimetype: string;
  widthPx: number | null;
  heightPx: number | null;
  shares: { channel: string; ts: string; threadTs: string | null }[];
};

/** A payload sent over Socket Mode and what became of it. */
export type Ack = {
  envelopeId: string;
  type: 'slash_commands' | 'events_api' | 'interactive';
  /** The command or event or action, for people: `/avalanche`, `app_mention`, `block_actions`. */
  name: string;
  retryAttempt: number;
  sentMs: number;
  /** Null while nobody has acknowledged. */
  ackMs: number | null;
  payload: Record<string, unknown>;
};

export type Change =
  | { kind: 'message'; change: 'posted' | 'updated' | 'deleted'; message: Message }
  | { kind: 'file'; file: SlackFile }
  | { kind: 'ack'; ack: Ack }
  | { kind: 'sockets'; count: number };

/** All the page needs to draw itself; what changes later comes as `Change`. */
export type PageState = {
  team: Team;
  viewer: string;
  botUser: string;
  commands: SlashCommand[];
  users: User[];
  channels: Channel[];
  messages: Message[];
  files: SlackFile[];
  socketCount: number;
};

export type SlashCommand = {
  command: string;
  description: string;
  usageHint: string;
  /** True: people, channels and links in the text become `<@U…|name>`, `<#C…|name>`, `<https://…>`. */
  shouldEscape: boolean;
};
