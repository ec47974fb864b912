import { open, rename, rm } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { DownloadConfig, EnvironmentConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';
import { isPlainName } from './listing.ts';
import { HttpClient } from './log-server-http-client.ts';
import { downloadRecording } from './log-server-http-download.ts';
import { packRecording } from './pack-recording.ts';
import type { RecordingSource } from './source.ts';

const timeoutMs = 10_000;
const concurrency = 2;

/**
 * One recording that somebody named by its URL: an archive as recorders publish them, or a file in any format that is
 * read. Only what lies below a place of the configuration is asked for, redirects included.
 *
 * @throws AvalancheError DOWNLOAD_REFUSED
 */
export function openDownload(
  { name, downloads = [] }: EnvironmentConfig,
  url: string,
  { variables = process.env }: { variables?: NodeJS.ProcessEnv } = {},
): RecordingSource {
  const { place, path } = choosePlace(downloads, { url, environment: name });
  const fileName = path.split('/').at(-1)!;
  return {
    kind: 'download',
    describe: () => `download from ${place.url}`,
    async findPods() {
      return { pods: [{ pod: showOutsideName(fileName), updatedAt: Date.now(), locator: {} }], searched: [] };
    },
    async fetch(_locator, destination, limits, signal) {
      const client = new HttpClient(
        { ...place, timeoutMs, concurrency, isPublicOnly: !place.private },
        variables,
      );
      const file = `${destination}.download`;
      const download = { client, path, destination: file, limits, timeoutMs, pace: null };
      try {
        const { bytes } = await downloadRecording(download, signal);
        if (await isTar(file)) await rename(file, destination);
        else await packRecording(recorded, { file, destination, revision: null });
        return { bytes, how: `a download from ${place.url}` };
      } catch (error) {
        await rm(destination, { force: true });
        throw error;
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}

/** What it is, its content tells. */
const recorded = { memberName: 'recording', facts: null, how: '', remarks: [] };

/** The first place below which the URL lies, and its path from there on. */
function choosePlace(
  downloads: readonly DownloadConfig[],
  { url, environment }: { url: string; environment: string },
): { place: DownloadConfig; path: string } {
  const wanted = new URL(url);
  const shown = showOutsideName(`${wanted.origin}${wanted.pathname}`);
  const refused = (state: string) =>
    new AvalancheError('DOWNLOAD_REFUSED', `Cannot fetch "${shown}" for "${environment}": ${state}`);
  if (downloads.length === 0) throw refused('the environment allows no downloads');
  if (wanted.search !== '' || wanted.username !== '') throw refused('it has more than a path');
  for (const place of downloads) {
    const base = new URL(place.url.endsWith('/') ? place.url : `${place.url}/`);
    if (wanted.origin !== base.origin || !wanted.pathname.startsWith(base.pathname)) continue;
    const names = readNames(wanted.pathname.slice(base.pathname.length));
    if (names === null) throw refused('it is no path of a file');
    return { place, path: names.join('/') };
  }
  const allowed = downloads.map((place) => place.url).join(', ');
  throw refused(`it lies below none of ${allowed}`);
}

/** @returns null when one of them would be no name of a file or folder */
function readNames(path: string): string[] | null {
  try {
    const names = path.split('/').map(decodeURIComponent);
    return names.every(isPlainName) ? names : null;
  } catch {
    return null;
  }
}

const magics = [
  { begins: [0x1f, 0x8b], unpack: createGunzip },
  { begins: [0x28, 0xb5, 0x2f, 0xfd], unpack: createZstdDecompress },
];
/** Where a tar archive says that it is one. */
const tarMark = { at: 257, words: 'ustar' };
const beginningBytes = 512;
/** In which they are, packed. */
const packedBytes = 64 * 1024;

async function isTar(file: string): Promise<boolean> {
  const beginning = await readBeginning(file);
  const magic = magics.find(({ begins }) => begins.every((byte, index) => beginning[index] === byte));
  const content = magic === undefined ? beginning : await unpackBeginning(beginning, magic.unpack());
  return content.toString('latin1', tarMark.at, tarMark.at + tarMark.words.length) === tarMark.words;
}

async function readBeginning(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(packedBytes), 0, packedBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function unpackBeginning(packed: Buffer, unpacking: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  unpacking.end(packed);
  try {
    for await (const chunk of unpacking) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= beginningBytes) break;
    }
  } catch {
    // Its end is missing, as it must be; of what is broken whoever reads it tells more.
  }
  return Buffer.concat(chunks);
}
