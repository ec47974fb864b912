import { basename } from 'node:path';
import { flagOf, oneFile, stringOf, timeRangeOf, usageError } from './arguments.ts';
import { withProgress } from './progress.ts';
import { ExitCode, type TerminalCommand, type TerminalInput } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';
import { lookOf, lookOptionHelp, lookOptions, writePicture } from './write-picture.ts';

const mostRows = 200;

export const heatmap: TerminalCommand = {
  name: 'heatmap',
  usage:
    'heatmap FILE -o PICTURE.png [--rows 50] [--from 5s] [--to 8s] [--title TEXT] [--width 1600] [--dark] [--json]',
  summary: 'Draws when the work was done, second by second, and finds the bursts in it.',
  options: {
    output: { type: 'string', short: 'o' },
    rows: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    title: { type: 'string' },
    ...lookOptions,
    json: { type: 'boolean' },
  },
  optionHelp: {
    output: 'where to write the PNG, or by the ending .svg the SVG',
    rows: 'cells a second, 50 by default; 49 or 99 for a recording at 49 or 99 Hz',
    from: 'offset of a range to mark, in seconds or with a unit; all of the recording is drawn',
    to: 'where the range to mark ends',
    title: 'the line above the picture (the file name by default)',
    ...lookOptionHelp,
    json: 'print path, size, alternative text and bursts as JSON',
  },
  examples: [
    'avalanche heatmap perf.txt.gz -o heatmap.png',
    'avalanche heatmap cpu.cpuprofile -o heatmap.png --rows 100 --json',
  ],
  async run(input, terminal) {
    const file = oneFile(input, heatmap);
    const output = stringOf(input, 'output');
    if (output === null) throw usageError(heatmap, 'no -o PICTURE.png is given');
    const settings = {
      ...timeRangeOf(input, heatmap),
      rows: rowsOf(input),
      title: stringOf(input, 'title') ?? basename(file),
      look: lookOf(output, input, heatmap),
    };
    const { signal, directory } = terminal;
    const picture = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).heatmap(file, settings, {
        onProgress,
        signal,
        terminalDirectory: directory,
      }),
    );
    const path = await writePicture(output, picture.bytes, terminal);
    const { widthPx, heightPx, altText, bursts } = picture;
    const facts = { path, widthPx, heightPx, altText, bursts };
    writeLines(terminal.stdout, [flagOf(input, 'json') ? JSON.stringify(facts) : `${output}: ${altText}`]);
    return ExitCode.Done;
  },
};

function rowsOf(input: TerminalInput): number | undefined {
  const text = stringOf(input, 'rows');
  if (text === null) return undefined;
  const rows = Number(text);
  if (Number.isInteger(rows) && rows >= 1 && rows <= mostRows) return rows;
  throw usageError(heatmap, `--rows "${text}" is no number of rows (wanted: 1 to ${mostRows})`);
}
