import { basename } from 'node:path';
import { flagOf, oneFile, stringOf, timeRangeOf, usageError } from './arguments.ts';
import { withProgress } from './progress.ts';
import { ExitCode, type TerminalCommand } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';
import { pictureKindOf, widthOf, writePicture } from './write-picture.ts';

export const render: TerminalCommand = {
  name: 'render',
  usage: 'render FILE -o PICTURE.png [--from 5s] [--to 8s] [--title TEXT] [--width 1600]',
  summary: 'Draws the flame graph of a recording, or of a part of it.',
  options: {
    output: { type: 'string', short: 'o' },
    from: { type: 'string' },
    to: { type: 'string' },
    title: { type: 'string' },
    width: { type: 'string' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    output: 'where to write the PNG, or by the ending .svg the SVG with zoom and search',
    from: 'offset of the first sample drawn, in seconds or with a unit',
    to: 'offset of the first sample no longer drawn',
    title: 'the line above the picture (the file name by default)',
    width: 'in px, 1600 by default',
    json: 'print path, size and alternative text as JSON',
  },
  examples: [
    'avalanche render perf.txt.gz -o flame.png',
    'avalanche render perf.data -o burst.png --from 4s --to 7s',
    'avalanche render perf.data -o flame.svg',
  ],
  async run(input, terminal) {
    const file = oneFile(input, render);
    const output = stringOf(input, 'output');
    if (output === null) throw usageError(render, 'no -o PICTURE.png is given');
    const settings = {
      ...timeRangeOf(input, render),
      title: stringOf(input, 'title') ?? basename(file),
      widthPx: widthOf(input, render),
      kind: pictureKindOf(output),
    };
    const { signal, directory } = terminal;
    const picture = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).render(file, settings, {
        onProgress,
        signal,
        terminalDirectory: directory,
      }),
    );
    const path = await writePicture(output, picture.bytes, terminal);
    const { widthPx, heightPx, altText } = picture;
    const facts = { path, widthPx, heightPx, altText };
    writeLines(terminal.stdout, [flagOf(input, 'json') ? JSON.stringify(facts) : `${output}: ${altText}`]);
    return ExitCode.Done;
  },
};
