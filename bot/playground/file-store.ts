import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileLookup } from './check-blocks.ts';
import type { PendingFaults } from './faults.ts';
import type { SlackFile } from './model.ts';
import { readImageType } from './read-image-type.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { Workspace } from './workspace.ts';

/** Everything is held in memory: enough for days of pictures, too little to fill a laptop. */
const totalBytesLimit = 512 * 1024 ** 2;
/** Slack's upload addresses are short-lived; how short it does not say. */
const ticketLifeMs = 10 * 60_000;

export type FileTiming = {
  /** From completing an upload until the file appears in the channel. */
  shareMs: number;
  /** From completing an upload until mimetype and size of the picture are known. */
  readyMs: number;
};

export type UploadRequest = { name: string; length: number; user: string; hasAlternativeText: boolean };

type StoredFile = SlackFile & {
  bytes: Uint8Array;
  ticket: string | null;
  expectedLength: number;
  /** An upload with `alt_txt` is taken and then never shared (slackapi/python-slack-sdk#1818). */
  isNeverShared: boolean;
};

/** Slack's three-step upload: reserve an address, send the bytes there, complete. */
export class FileStore implements FileLookup {
  readonly #files = new Map<string, StoredFile>();
  readonly #workspace: Workspace;
  readonly #faults: PendingFaults;
  readonly #timing: FileTiming;
  readonly #clock: () => number;
  readonly #stopped = new AbortController();
  #totalBytes = 0;

  constructor(workspace: Workspace, faults: PendingFaults, timing: FileTiming, clock: () => number) {
    this.#workspace = workspace;
    this.#faults = faults;
    this.#timing = timing;
    this.#clock = clock;
  }

  /** @throws SlackRefusal storage_limit_reached */
  reserve({ name, length, user, hasAlternativeText }: UploadRequest): { file: SlackFile; ticket: string } {
    this.#forgetAbandoned();
    if (this.#totalBytes + length > totalBytesLimit) throw new SlackRefusal('storage_limit_reached');
    this.#totalBytes += length;
    const ticket = randomBytes(24).toString('base64url');
    const file: StoredFile = {
      id: `F${randomBytes(5).toString('hex').toUpperCase()}`,
      name,
      title: name,
      user,
      createdMs: this.#clock(),
      size: length,
      state: 'waiting for bytes',
      mimetype: '',
      widthPx: null,
      heightPx: null,
      shares: [],
      bytes: new Uint8Array(),
      ticket,
      expectedLength: length,
      isNeverShared: hasAlternativeText,
    };
    this.#files.set(file.id, file);
    return { file, ticket };
  }

  /** How many bytes the holder of this ticket may send; undefined when the address is unknown, used or too old. */
  findExpectedLength(ticket: string): number | undefined {
    return this.#findByTicket(ticket)?.expectedLength;
  }

  /** @returns false when the ticket is no good or the length is not the one announced; nothing is kept then */
  receive(ticket: string, bytes: Uint8Array): boolean {
    const file = this.#findByTicket(ticket);
    if (file === undefined || bytes.byteLength !== file.expectedLength) return false;
    Object.assign(file, { bytes, ticket: null, state: 'uploaded' });
    return true;
  }

  /** @throws SlackRefusal file_not_found: unknown, not uploaded yet, or completed before */
  getUploaded(id: string): SlackFile {
    const file = this.#files.get(id);
    if (file?.state !== 'uploaded') throw new SlackRefusal('file_not_found');
    return file;
  }

  /** Slack answers at once and goes on working: `share` runs a little later, type and size are known later still. */
  complete(ids: readonly string[], titles: ReadonlyMap<string, string>, share: (() => void) | null): void {
    const files = ids.map((id) => this.#files.get(id)!);
    for (const file of files) {
      file.state = 'processing';
      file.title = titles.get(file.id) ?? file.name;
    }
    const isShared =
      this.#faults.takeForFile(['file-never-shared']) === undefined &&
      !files.some((file) => file.isNeverShared);
    if (share !== null && isShared) void this.#later(this.#timing.shareMs, share);
    const fault = this.#faults.takeForFile(['file-late', 'file-never-ready']);
    if (fault?.kind === 'file-never-ready') return;
    const readyMs = fault?.kind === 'file-late' ? fault.delayMs : this.#timing.readyMs;
    void this.#later(readyMs, () => {
      for (const file of files) this.#makeReady(file);
    });
  }

  noteShare(id: string, share: SlackFile['shares'][number]): void {
    this.#files.get(id)?.shares.push(share);
  }

  isUsableImage({ id, url }: { id?: string | undefined; url?: string | undefined }): boolean {
    // `url` may be url_private or the permalink: both of ours have the id as one segment of the path.
    const file =
      this.#files.get(id ?? '') ??
      [...this.#files.values()].find((one) => url?.split(/[/?]/).includes(one.id));
    return file?.state === 'ready' && /^image\/(png|jpeg|gif)$/.test(file.mimetype);
  }

  find(id: string): SlackFile | undefined {
    const file = this.#files.get(id);
    return file === undefined ? undefined : describeFile(file);
  }

  findBytes(id: string): Uint8Array | undefined {
    return this.#files.get(id)?.bytes;
  }

  list(): SlackFile[] {
    return [...this.#files.values()].filter((file) => file.state !== 'waiting for bytes').map(describeFile);
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Announced long ago and never sent: their room is for others. */
  #forgetAbandoned(): void {
    for (const [id, file] of this.#files) {
      if (file.state !== 'waiting for bytes' || this.#clock() - file.createdMs <= ticketLifeMs) continue;
      this.#files.delete(id);
      this.#totalBytes -= file.expectedLength;
    }
  }

  #findByTicket(ticket: string): StoredFile | undefined {
    const file = [...this.#files.values()].find((one) => one.ticket === ticket);
    return file !== undefined && this.#clock() - file.createdMs <= ticketLifeMs ? file : undefined;
  }

  #makeReady(file: StoredFile): void {
    const image = readImageType(file.bytes);
    Object.assign(file, {
      state: 'ready',
      mimetype: image?.mimetype ?? guessType(file.name),
      widthPx: image?.widthPx ?? null,
      heightPx: image?.heightPx ?? null,
    });
    this.#workspace.tell({ kind: 'file', file: describeFile(file) });
  }

  async #later(waitMs: number, action: () => void): Promise<void> {
    try {
      await delay(waitMs, undefined, { signal: this.#stopped.signal });
    } catch {
      return; // the playground stopped: nobody waits for it any more
    }
    action();
  }
}

function describeFile({
  id,
  name,
  title,
  user,
  createdMs,
  size,
  state,
  mimetype,
  widthPx,
  heightPx,
  shares,
}: StoredFile): SlackFile {
  return {
    id,
    name,
    title,
    user,
    createdMs,
    size,
    state,
    mimetype,
    widthPx,
    heightPx,
    shares: structuredClone(shares),
  };
}

const typesByExtension: Record<string, string> = {
  txt: 'text/plain',
  log: 'text/plain',
  folded: 'text/plain',
  json: 'application/json',
  html: 'text/html',
  svg: 'image/svg+xml',
  gz: 'application/gzip',
  zip: 'application/zip',
  pdf: 'application/pdf',
};

const guessType = (name: string): string =>
  typesByExtension[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
