import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AvalancheError } from '../../storage/errors.ts';
import { oneFile, stringOf, timeRangeOf, usageError } from './arguments.ts';
import { withProgress } from './progress.ts';
import {
  ExitCode,
  type ExportName,
  exportNames,
  type Terminal,
  type TerminalCommand,
  type TerminalInput,
} from './terminal-command.ts';

export const convert: TerminalCommand = {
  name: 'convert',
  usage: `convert FILE --to ${exportNames.join('|')} -o OUT [--from 5s] [--to 8s]`,
  summary: 'Writes a recording, or a part of it, in the format of another tool.',
  options: {
    to: { type: 'string', multiple: true },
    output: { type: 'string', short: 'o' },
    from: { type: 'string' },
  },
  optionHelp: {
    to: 'the format; given a second time, the offset of the first sample no longer written',
    output: 'where to write it; - is stdout',
    from: 'offset of the first sample written, in seconds or with a unit',
  },
  examples: [
    'avalanche convert perf.data --to pprof -o cpu.pb.gz && go tool pprof -top cpu.pb.gz',
    'avalanche convert cpu.cpuprofile --to perf-script -o cpu.perf --from 4s --to 7s',
    'avalanche convert perf.txt.gz --to folded -o - | sort',
  ],
  async run(input, terminal) {
    const file = oneFile(input, convert);
    const output = stringOf(input, 'output');
    if (output === null) throw usageError(convert, 'no -o OUT is given (- is stdout)');
    const { to, range } = readTo(input);
    const { signal, directory } = terminal;
    const pieces = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).convert(
        file,
        { ...range, to },
        { onProgress, signal, terminalDirectory: directory },
      ),
    );
    if (output === '-') await print(pieces, terminal);
    else await write(pieces, output, terminal);
    return ExitCode.Done;
  },
};

/** `--to` is the format and the end of the range: no offset is the name of a format. */
function readTo(input: TerminalInput) {
  const given = [input.values.to ?? []].flat().map(String);
  const [to, ...formats] = given.filter((word) => isExport(word));
  const [end, ...ends] = given.filter((word) => !isExport(word));
  const known = exportNames.join(', ');
  if (to === undefined) {
    const state = end === undefined ? 'no --to FORMAT is given' : `--to "${end}" is no format`;
    throw usageError(convert, `${state} (wanted: ${known})`);
  }
  if (formats.length > 0) throw usageError(convert, `one format is wanted (${given.length} are given)`);
  if (ends.length > 0) throw usageError(convert, 'the end of the range is given more than once');
  const range = timeRangeOf({ ...input, values: { ...input.values, to: end } }, convert);
  return { to, range };
}

function isExport(word: string): word is ExportName {
  return (exportNames as readonly string[]).includes(word);
}

async function print(pieces: Iterable<string | Uint8Array>, { stdout }: Terminal): Promise<void> {
  for (const piece of pieces) {
    if (!stdout.write(piece)) await once(stdout, 'drain');
  }
}

async function write(
  pieces: Iterable<string | Uint8Array>,
  output: string,
  { directory, signal }: Terminal,
): Promise<void> {
  try {
    await pipeline(pieces, createWriteStream(resolve(directory, output)), { signal });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const message = `Cannot write "${output}": ${(error as Error).message}`;
    throw new AvalancheError('FILE_UNREADABLE', message, {}, error);
  }
}
