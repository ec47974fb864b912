import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { AvalancheError } from '../../storage/errors.ts';
import { stringOf, usageError } from './arguments.ts';
import type { PictureKind, Terminal, TerminalCommand, TerminalInput } from './terminal-command.ts';

const widths = { minimum: 200, maximum: 8_000 };

/** `--width`, in px. */
export function widthOf(input: TerminalInput, command: TerminalCommand): number | undefined {
  const text = stringOf(input, 'width');
  if (text === null) return undefined;
  const width = Number(text);
  if (Number.isInteger(width) && width >= widths.minimum && width <= widths.maximum) return width;
  throw usageError(command, `--width "${text}" is no width (wanted: ${widths.minimum} to ${widths.maximum})`);
}

/** What a file of this name is expected to hold: SVG by `.svg`, else PNG. */
export function pictureKindOf(output: string): PictureKind {
  return extname(output).toLowerCase() === '.svg' ? 'svg' : 'png';
}

/** @returns the absolute path */
export async function writePicture(
  output: string,
  bytes: Uint8Array,
  { directory }: Pick<Terminal, 'directory'>,
): Promise<string> {
  const path = resolve(directory, output);
  await writeFile(path, bytes).catch((cause: unknown) => {
    throw new AvalancheError(
      'FILE_UNREADABLE',
      `Cannot write "${output}": ${(cause as Error).message}`,
      {},
      cause,
    );
  });
  return path;
}
