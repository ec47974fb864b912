import { parseArgs } from 'node:util';

export const usage = `Usage: node recorder.ts --publish FILE.tar.gz [options] -- COMMAND [ARGUMENTS]

Runs COMMAND and records it all the time. The last minutes lie in FILE.tar.gz, replaced as a whole
after each segment. The command's output, signals and exit code are as without the recorder.

  --publish FILE      where the archive appears (its folder is made)
  --segment 60s       length of a segment; what is newer than the last one is not in the archive yet
  --keep 20m          segments older than this are dropped
  --keep-bytes 256M   and the oldest ones, when they are larger together
  --rate 99           samples a second
  --engine auto       perf where it is there and permitted, else v8; or perf, or v8
  --revision ID       what is deployed: a commit id or tag, kept in the archive
  --help`;

const engineNames = ['auto', 'perf', 'v8'] as const;
export type EngineName = (typeof engineNames)[number];

export type RecorderOptions = {
  publishPath: string;
  segmentMs: number;
  keepMs: number;
  keepBytes: number;
  rateHz: number;
  engine: EngineName;
  revision: string | null;
  command: [string, ...string[]];
};

/** Something typed wrongly: the message says what, and what is wanted. */
export class UsageError extends Error {}

/**
 * @param words the command line without the interpreter and the script
 * @returns 'help' when that is all that was asked for
 * @throws UsageError
 */
export function readOptions(words: string[]): RecorderOptions | 'help' {
  const values = parseWords(words);
  if (values.help === true) return 'help';
  const [program, ...rest] = values.command;
  if (program === undefined) throw new UsageError('the command is missing (wanted after "--")');
  if (values.publish === undefined) throw new UsageError('--publish is missing (a path wanted)');
  return {
    publishPath: values.publish,
    segmentMs: readDuration('--segment', values.segment),
    keepMs: readDuration('--keep', values.keep),
    keepBytes: readBytes('--keep-bytes', values['keep-bytes']),
    rateHz: readRate(values.rate),
    engine: readEngine(values.engine),
    revision: values.revision ?? null,
    command: [program, ...rest],
  };
}

function parseWords(words: string[]) {
  const end = words.indexOf('--');
  const own = end === -1 ? words : words.slice(0, end);
  try {
    const { values } = parseArgs({
      args: own,
      options: {
        publish: { type: 'string' },
        segment: { type: 'string', default: '60s' },
        keep: { type: 'string', default: '20m' },
        'keep-bytes': { type: 'string', default: '256M' },
        rate: { type: 'string', default: '99' },
        engine: { type: 'string', default: 'auto' },
        revision: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    return { ...values, command: end === -1 ? [] : words.slice(end + 1) };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const millisecondsIn = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function readDuration(option: string, text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const durationMs = Number(amount) * (millisecondsIn[unit as keyof typeof millisecondsIn] ?? Number.NaN);
  if (durationMs >= 100) return durationMs;
  throw new UsageError(`${option} is "${text}" (a length of time from 100ms on wanted, like 2s or 20m)`);
}

const bytesIn = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

function readBytes(option: string, text: string): number {
  const [, amount, unit = '?'] = /^(\d+)([KMG]?)$/.exec(text) ?? [];
  const bytes = Number(amount) * (bytesIn[unit as keyof typeof bytesIn] ?? Number.NaN);
  if (bytes >= 1) return bytes;
  throw new UsageError(`${option} is "${text}" (a number of bytes wanted, like 64M)`);
}

/** 999 is where a recording begins to cost the app more than it tells. */
function readRate(text: string): number {
  const rateHz = Number(text);
  if (Number.isInteger(rateHz) && rateHz >= 1 && rateHz <= 999) return rateHz;
  throw new UsageError(`--rate is "${text}" (a whole number from 1 to 999 wanted)`);
}

function readEngine(text: string): EngineName {
  const engine = engineNames.find((name) => name === text);
  if (engine !== undefined) return engine;
  throw new UsageError(`--engine is "${text}" (${engineNames.join(', ')} wanted)`);
}
