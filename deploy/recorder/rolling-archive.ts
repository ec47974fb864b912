import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Member, tarEnd, tarMember } from './tar-member.ts';

export type Retention = { keepMs: number; keepBytes: number };
export type Piece = { path: string; bytes: number; endedAtMs: number };

/** Level 3 costs a third of the default and gives archives a tenth larger. */
const gzipOptions = { level: 3 };

/**
 * The last segments, each packed once into a gzip member of its own. Gzip members put one after the
 * other are one gzip file, so publishing costs no compression but that of the newest symbols:
 *
 *     piece 1 │ piece 2 │ … │ symbol maps, recording.json, end of tar
 *     └─ kept, oldest dropped ─┘ └─ made anew for each archive
 */
export class RollingArchive {
  readonly #folder: string;
  readonly #publishPath: string;
  readonly #retention: Retention;
  #pieces: Piece[] = [];
  #nextPiece = 1;

  /** @param folder ours alone; the pieces lie there */
  constructor(folder: string, publishPath: string, retention: Retention) {
    this.#folder = folder;
    this.#publishPath = publishPath;
    this.#retention = retention;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  async add(member: Member, endedAtMs: number): Promise<void> {
    const path = join(this.#folder, `piece-${this.#nextPiece}.gz`);
    this.#nextPiece += 1;
    await pipeline(
      tarMember(member),
      createGzip(gzipOptions),
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    );
    const { size } = await stat(path);
    this.#pieces.push({ path, bytes: size, endedAtMs });
  }

  /** Drops what is too old or too much. */
  async retain(nowMs: number): Promise<void> {
    const kept = keptPieces(this.#pieces, this.#retention, nowMs);
    const dropped = this.#pieces.slice(0, this.#pieces.length - kept.length);
    this.#pieces = kept;
    for (const piece of dropped) await rm(piece.path, { force: true });
  }

  /**
   * Puts the archive in its place. Readers see the old one or the new one, never a part: it is written
   * beside, brought to the disk, and renamed.
   */
  async publish(lastMembers: Member[]): Promise<void> {
    const folder = dirname(this.#publishPath);
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, `.${basename(this.#publishPath)}.${process.pid}.tmp`);
    try {
      await this.#write(temporary, lastMembers);
      await rename(temporary, this.#publishPath);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(folder);
  }

  async #write(path: string, lastMembers: Member[]): Promise<void> {
    await rm(path, { force: true });
    // Readable by all: the log server runs as somebody else.
    const file = await open(path, 'wx', 0o644);
    try {
      for (const piece of this.#pieces) await file.writeFile(createReadStream(piece.path));
      await pipeline(endOfTar(lastMembers), createGzip(gzipOptions), (chunks) => file.writeFile(chunks));
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

async function* endOfTar(members: Member[]) {
  for (const member of members) yield* tarMember(member);
  yield tarEnd;
}

/**
 * What retention leaves: the youngest pieces, as many as are young enough and fit together; the newest
 * one in any case.
 *
 * @param pieces oldest first
 */
export function keptPieces(
  pieces: readonly Piece[],
  { keepMs, keepBytes }: Retention,
  nowMs: number,
): Piece[] {
  let bytes = 0;
  const first = pieces.findLastIndex((piece, index) => {
    bytes += piece.bytes;
    return index < pieces.length - 1 && (bytes > keepBytes || piece.endedAtMs < nowMs - keepMs);
  });
  return pieces.slice(first + 1);
}

/** Without it a crash of the machine may undo the rename. Some file systems know no fsync of folders. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync().catch(() => {});
  } finally {
    await handle.close();
  }
}
