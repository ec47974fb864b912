import type { Change, Channel, Message, PageState, SlackFile, User } from '../model.ts';

/** What the page knows of the workspace, kept current by the changes that the playground sends. */
export class State {
  readonly page: PageState;
  readonly #files: Map<string, SlackFile>;
  readonly #users: Map<string, User>;

  constructor(page: PageState) {
    this.page = page;
    this.#files = new Map(page.files.map((file) => [file.id, file]));
    this.#users = new Map(page.users.map((user) => [user.id, user]));
  }

  apply(change: Change): void {
    if (change.kind === 'file') this.#files.set(change.file.id, change.file);
    if (change.kind === 'sockets') this.page.socketCount = change.count;
    if (change.kind === 'message') this.#applyMessage(change.change, change.message);
  }

  findUser(id: string): User | undefined {
    return this.#users.get(id);
  }

  findChannel(id: string): Channel | undefined {
    return this.page.channels.find((channel) => channel.id === id);
  }

  /** By id, or by an address that has the id as one segment of its path. */
  findFile({ id, url }: { id?: string | undefined; url?: string | undefined }): SlackFile | undefined {
    if (id !== undefined) return this.#files.get(id);
    return [...this.#files.values()].find((file) => url?.split(/[/?]/).includes(file.id));
  }

  inChannel(channel: string): Message[] {
    return this.page.messages.filter((message) => message.channel === channel && message.threadTs === null);
  }

  findMessage(channel: string, ts: string): Message | undefined {
    return this.page.messages.find((message) => message.channel === channel && message.ts === ts);
  }

  repliesTo(channel: string, ts: string): Message[] {
    return this.page.messages.filter((message) => message.channel === channel && message.threadTs === ts);
  }

  #applyMessage(change: 'posted' | 'updated' | 'deleted', message: Message): void {
    const { messages } = this.page;
    const row = messages.findIndex((one) => one.channel === message.channel && one.ts === message.ts);
    if (change === 'deleted') {
      if (row >= 0) messages.splice(row, 1);
    } else if (row >= 0) messages[row] = message;
    else messages.push(message);
  }
}
