import { flagOf, stringOf, timeRangeOf, usageError } from './arguments.ts';
import { withProgress } from './progress.ts';
import { ExitCode, type TerminalCommand, type TerminalInput } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';
import { lookOf, lookOptionHelp, lookOptions, writePicture } from './write-picture.ts';

/** `diff` on files; of snapshots it is the chat command of the same name. */
export const fileDiff: TerminalCommand = {
  name: 'diff',
  usage:
    'diff [BEFORE] AFTER [-o PICTURE.png] [--from 5s] [--to 8s] [--by samples|time] [--width 1600] [--dark] [--json]',
  summary: 'Compares two recordings, or a part of one with the rest of it.',
  options: {
    output: { type: 'string', short: 'o' },
    from: { type: 'string' },
    to: { type: 'string' },
    by: { type: 'string' },
    ...lookOptions,
    json: { type: 'boolean' },
  },
  optionHelp: {
    output: 'where to write the differential flame graph, as PNG, or as SVG by the ending .svg',
    from: 'offset of the first sample of AFTER, in seconds or with a unit',
    to: 'offset of the first sample of AFTER no longer looked at',
    by: 'samples: shares of all samples (the default); time: CPU time per second recorded',
    ...lookOptionHelp,
    json: 'print one JSON object: every function before and after, with intervals',
  },
  examples: [
    'avalanche diff healthy.perf.gz now.perf.gz -o diff.png',
    'avalanche diff perf.data --from 4s --to 7s -o burst.png',
    'avalanche diff before.folded after.folded --json',
  ],
  async run(input, terminal) {
    const paths = pathsOf(input);
    const output = stringOf(input, 'output');
    const settings = {
      ...timeRangeOf(input, fileDiff),
      by: measureOf(stringOf(input, 'by')),
      look: output === null ? null : lookOf(output, input, fileDiff),
    };
    if (paths.before === null && settings.fromMs === undefined && settings.toMs === undefined) {
      throw usageError(fileDiff, 'one FILE alone needs --from or --to: that part is compared with the rest');
    }
    const { signal, directory } = terminal;
    const { comparison, lines, picture } = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).diff(paths, settings, {
        onProgress,
        signal,
        terminalDirectory: directory,
      }),
    );
    const drawn = picture === null ? null : { path: output ?? '', ...picture };
    if (drawn !== null) await writePicture(drawn.path, drawn.bytes, terminal);
    if (flagOf(input, 'json')) {
      const object = { ...comparison, picture: drawn === null ? null : { ...drawn, bytes: undefined } };
      writeLines(terminal.stdout, [JSON.stringify(object)]);
    } else {
      const { before, after } = comparison;
      const pictureLine = drawn === null ? [] : [`${drawn.path}: ${drawn.widthPx} x ${drawn.heightPx} px`];
      writeLines(terminal.stdout, [`${after.name} against ${before.name}`, ...lines, ...pictureLine]);
    }
    return ExitCode.Done;
  },
};

function pathsOf({ positionals }: TerminalInput): { before: string | null; after: string } {
  const [first, second, ...rest] = positionals;
  if (first === undefined) throw usageError(fileDiff, 'no FILE is given');
  if (rest.length > 0) throw usageError(fileDiff, `two FILEs are wanted (${rest.length + 2} are given)`);
  return second === undefined ? { before: null, after: first } : { before: first, after: second };
}

function measureOf(text: string | null): 'samples' | 'time' {
  if (text === null || text === 'samples') return 'samples';
  if (text === 'time') return text;
  throw usageError(fileDiff, `--by "${text}" is unknown (wanted: samples or time)`);
}
