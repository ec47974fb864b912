import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import type { OpenRecording } from './format.ts';
import { damaged, tooLarge } from './recording-errors.ts';

type Options = {
  limits: Limits;
  /** As messages name the format: 'a .cpuprofile'. */
  what: string;
};

/** Formats that can only be read whole. Recordings of minutes have a few MiB. */
const largestBytes = 256 * 1024 ** 2;

/**
 * All bytes of a recording.
 *
 * @throws AvalancheError RECORDING_TOO_LARGE beyond 256 MiB, or beyond limits.unpackedBytes
 */
export async function readWhole(
  { name, chunks }: OpenRecording,
  { limits, what }: Options,
): Promise<Buffer<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > limits.unpackedBytes) {
      throw tooLarge(name, `more than ${limits.unpackedBytes} bytes`, 'unpackedBytes');
    }
    if (bytes > largestBytes) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot read "${name}": ${what} of more than ${largestBytes} bytes (cut it into segments)`,
      );
    }
    pieces.push(chunk);
  }
  return Buffer.concat(pieces);
}

/** The text of a JSON recording, small enough to be parsed: a short text can be a great many small objects. */
export async function readJsonText(recording: OpenRecording, options: Options): Promise<string> {
  const bytes = await readWhole(recording, options);
  if (estimateParsedBytes(bytes) > mostParsedBytes) {
    throw new AvalancheError(
      'RECORDING_TOO_LARGE',
      `Cannot read "${recording.name}": ${options.what} with too many values for ${bytes.length} bytes (at most ${mostParsedBytes} bytes parsed)`,
    );
  }
  return bytes.toString('utf8');
}

/** @throws AvalancheError RECORDING_DAMAGED when it is not whole */
export function parseJson(text: string, name: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(name, `${what} of ${text.length} characters, not whole JSON`, error);
  }
}

const mostParsedBytes = 1.5 * 1024 ** 3;
/** What V8 needs for them, about: an empty object has 56 bytes, a number in an array 8 to 24. */
const parsedBytes = { opener: 64, comma: 16, quote: 12 };

function estimateParsedBytes(bytes: Buffer): number {
  let openers = 0;
  let commas = 0;
  let quotes = 0;
  // By index: of hundreds of MiB, the iterator would take half a minute.
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === 0x7b || byte === 0x5b) openers += 1;
    else if (byte === 0x2c) commas += 1;
    else if (byte === 0x22) quotes += 1;
  }
  return openers * parsedBytes.opener + commas * parsedBytes.comma + quotes * parsedBytes.quote;
}
