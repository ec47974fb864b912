import { EventEmitter } from 'node:events';
import type { Change, Channel, Message, Team, User } from './model.ts';
import { SlackRefusal } from './slack-refusal.ts';

/** So that a playground left running for days stays small: the oldest messages go first. */
const messagesPerChannel = 2_000;

export type MessageDraft = Pick<Message, 'channel' | 'user' | 'text'> & Partial<Message>;

/** Team, people, channels and messages of one local Slack, in memory only. Every change is told to the listeners. */
export class Workspace {
  readonly team: Team;
  readonly users: readonly User[];
  readonly channels: readonly Channel[];
  /** Ids of people, by the id of their user group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly changes = new EventEmitter<{ change: [Change]; stop: [] }>();
  readonly #messages = new Map<string, Message[]>();
  readonly #clock: () => number;
  #lastMicros = 0;

  constructor(
    {
      team,
      users,
      channels,
      groups,
    }: {
      team: Team;
      users: readonly User[];
      channels: readonly Channel[];
      groups: Readonly<Record<string, readonly string[]>>;
    },
    clock: () => number,
  ) {
    this.groups = groups;
    this.team = team;
    this.users = users;
    this.channels = channels;
    this.#clock = clock;
    this.changes.setMaxListeners(100);
    for (const channel of channels) this.#messages.set(channel.id, []);
  }

  /** Listeners get a copy: the message may have changed again before they look. */
  tell(change: Change): void {
    this.changes.emit('change', structuredClone(change));
  }

  /** Unique and ascending, also when the clock stands still or goes back. */
  newTimestamp(): string {
    this.#lastMicros = Math.max(Math.round(this.#clock() * 1000), this.#lastMicros + 1);
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, '0')}`;
  }

  findUser(idOrName: string): User | undefined {
    const name = idOrName.replace(/^@/, '');
    return this.users.find((user) => user.id === idOrName || user.name === name);
  }

  findChannel(idOrName: string): Channel | undefined {
    const name = idOrName.replace(/^#/, '');
    return this.channels.find((channel) => channel.id === idOrName || channel.name === name);
  }

  /** All messages of a channel, replies and ephemeral ones included, oldest first. */
  messagesOf(channel: string): readonly Message[] {
    return this.#messages.get(channel) ?? [];
  }

  /** A message that stands in the channel for everybody. Ephemeral ones cannot be found again, as in Slack. */
  findMessage(channel: string, ts: string): Message | undefined {
    return this.messagesOf(channel).find((message) => message.ts === ts && message.visibleTo === null);
  }

  /** @throws SlackRefusal thread_not_found: replies hang on a parent, never on another reply */
  getThreadParent(channel: string, threadTs: string): Message {
    const parent = this.findMessage(channel, threadTs);
    if (parent === undefined || parent.threadTs !== null) throw new SlackRefusal('thread_not_found');
    return parent;
  }

  post(draft: MessageDraft): Message {
    const message: Message = {
      ts: this.newTimestamp(),
      threadTs: null,
      blocks: [],
      fileIds: [],
      reactions: [],
      visibleTo: null,
      metadata: null,
      isTombstone: false,
      ...draft,
    };
    const messages = this.#messages.get(message.channel);
    if (messages === undefined) throw new RangeError(`Cannot post to "${message.channel}": no such channel`);
    messages.push(message);
    if (messages.length > messagesPerChannel) this.#forgetOldest(messages);
    this.tell({ kind: 'message', change: 'posted', message });
    return message;
  }

  change(message: Message, changes: Partial<Message>): void {
    Object.assign(message, changes);
    this.tell({ kind: 'message', change: 'updated', message });
  }

  /** A parent with replies stays as a tombstone, anything else goes. */
  remove(message: Message): void {
    const messages = this.#messages.get(message.channel) ?? [];
    if (messages.some((reply) => reply.threadTs === message.ts && reply.visibleTo === null)) {
      this.change(message, {
        isTombstone: true,
        text: '',
        blocks: [],
        fileIds: [],
        reactions: [],
        metadata: null,
      });
      return;
    }
    messages.splice(messages.indexOf(message), 1);
    this.tell({ kind: 'message', change: 'deleted', message });
  }

  #forgetOldest(messages: Message[]): void {
    const [oldest] = messages.splice(0, 1);
    if (oldest !== undefined) this.tell({ kind: 'message', change: 'deleted', message: oldest });
  }
}
