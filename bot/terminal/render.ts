import { basename } from 'node:path';
import { flagOf, stringOf, timeRangeOf, usageError } from './arguments.ts';
import { withProgress } from './progress.ts';
import {
  ExitCode,
  type PictureView,
  pictureViews,
  type TerminalCommand,
  type TerminalInput,
} from './terminal-command.ts';
import { writeLines } from './write-lines.ts';
import { lookOf, lookOptionHelp, lookOptions, writePicture } from './write-picture.ts';

export const render: TerminalCommand = {
  name: 'render',
  usage:
    'render FILE... -o PICTURE.png [--view VIEW] [--from 5s] [--to 8s] [--title TEXT] [--width 1600] [--dark]',
  summary: 'Draws the flame graph of a recording, or of a part of it, or another view.',
  options: {
    output: { type: 'string', short: 'o' },
    view: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    title: { type: 'string' },
    ...lookOptions,
    json: { type: 'boolean' },
  },
  optionHelp: {
    output: 'where to write the PNG, or by the ending .svg the SVG with zoom and search',
    view: `what to draw: ${pictureViews.join(', ')}; of several FILEs each is a pod`,
    from: 'offset of the first sample drawn, in seconds or with a unit',
    to: 'offset of the first sample no longer drawn',
    title: 'the line above the picture (the file name by default)',
    ...lookOptionHelp,
    json: 'print path, size and alternative text as JSON',
  },
  examples: [
    'avalanche render perf.txt.gz -o flame.png',
    'avalanche render perf.data -o burst.png --from 4s --to 7s',
    'avalanche render perf.data -o flame.svg --dark',
    'avalanche render perf.data -o timeline.png --view timeline',
    'avalanche render shop-1.perf.gz shop-2.perf.gz -o pods.png --view pods',
  ],
  async run(input, terminal) {
    const files = input.positionals;
    if (files.length === 0) throw usageError(render, 'no FILE is given');
    const output = stringOf(input, 'output');
    if (output === null) throw usageError(render, 'no -o PICTURE.png is given');
    const settings = {
      ...timeRangeOf(input, render),
      view: viewOf(input),
      title: stringOf(input, 'title') ?? titleOf(files),
      look: lookOf(output, input, render),
    };
    const { signal, directory } = terminal;
    const picture = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).render(files, settings, {
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

function titleOf(files: readonly string[]): string {
  return files.length === 1 ? basename(files[0]!) : `${files.length} recordings`;
}

function viewOf(input: TerminalInput): PictureView {
  const text = stringOf(input, 'view') ?? pictureViews[0];
  const view = pictureViews.find((each) => each === text);
  if (view !== undefined) return view;
  throw usageError(render, `--view "${text}" is unknown (wanted: ${pictureViews.join(', ')})`);
}
