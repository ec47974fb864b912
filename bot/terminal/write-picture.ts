import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { AvalancheError } from '../../storage/errors.ts';
import { flagOf, stringOf, usageError } from './arguments.ts';
import type { PictureLook, Terminal, TerminalCommand, TerminalInput } from './terminal-command.ts';

const widths = { minimum: 200, maximum: 8_000 };

/** The options that every picture takes. */
export const lookOptions = {
  width: { type: 'string' },
  dark: { type: 'boolean' },
} as const satisfies TerminalCommand['options'];
export const lookOptionHelp = {
  width: 'in px, 1600 by default',
  dark: 'on a dark background',
} as const;

/** What a file of this name is expected to hold: SVG by `.svg`, else PNG; as wide and as dark as is wanted. */
export function lookOf(output: string, input: TerminalInput, command: TerminalCommand): PictureLook {
  return {
    kind: extname(output).toLowerCase() === '.svg' ? 'svg' : 'png',
    widthPx: widthOf(input, command),
    theme: flagOf(input, 'dark') ? 'dark' : 'light',
  };
}

/** `--width`, in px. */
function widthOf(input: TerminalInput, command: TerminalCommand): number | undefined {
  const text = stringOf(input, 'width');
  if (text === null) return undefined;
  const width = Number(text);
  if (Number.isInteger(width) && width >= widths.minimum && width <= widths.maximum) return width;
  throw usageError(command, `--width "${text}" is no width (wanted: ${widths.minimum} to ${widths.maximum})`);
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
