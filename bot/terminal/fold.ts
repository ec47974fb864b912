import { once } from 'node:events';
import { flagOf, oneFile, stringOf } from './arguments.ts';
import { ExitCode, type TerminalCommand } from './terminal-command.ts';

export const fold: TerminalCommand = {
  name: 'fold',
  usage: 'fold FILE [--kernel] [--jit] [--all] [--addrs] [--pid] [--tid] [--inline] [--event-filter EVENT]',
  summary: 'Prints a recording as folded stacks, as stackcollapse-perf.pl does.',
  options: {
    kernel: { type: 'boolean' },
    jit: { type: 'boolean' },
    all: { type: 'boolean' },
    addrs: { type: 'boolean' },
    pid: { type: 'boolean' },
    tid: { type: 'boolean' },
    inline: { type: 'boolean' },
    'event-filter': { type: 'string' },
  },
  optionHelp: {
    kernel: 'mark kernel frames with _[k]',
    jit: 'mark compiled-at-run-time frames with _[j]',
    all: 'mark both',
    addrs: 'show the address of frames without a name',
    pid: 'put the process id behind the command name',
    tid: 'put process and thread id behind the command name',
    inline: 'name inlined functions, by addr2line from the binaries that the recording names',
    'event-filter': 'take this event (the first one in the file by default)',
  },
  examples: ['avalanche fold perf.txt.gz > out.folded', 'avalanche fold --kernel --tid perf.data'],
  async run(input, terminal) {
    const eventFilter = stringOf(input, 'event-filter');
    const settings = {
      kernel: flagOf(input, 'kernel'),
      jit: flagOf(input, 'jit'),
      all: flagOf(input, 'all'),
      addrs: flagOf(input, 'addrs'),
      pid: flagOf(input, 'pid'),
      tid: flagOf(input, 'tid'),
      inline: flagOf(input, 'inline'),
      ...(eventFilter === null ? {} : { eventFilter }),
    };
    const read = { signal: terminal.signal, terminalDirectory: terminal.directory };
    const tools = await terminal.loadFileTools();
    await writeAll(terminal.stdout, await tools.fold(oneFile(input, fold), settings, read));
    return ExitCode.Done;
  },
};

/** A write of its own for each line would take as long as making it. */
const pieceLength = 64 * 1024;

async function writeAll(output: NodeJS.WritableStream, lines: Iterable<string>): Promise<void> {
  let piece = '';
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < pieceLength) continue;
    if (!output.write(piece)) await once(output, 'drain');
    piece = '';
  }
  if (piece !== '') output.write(piece);
}
