import { convert } from './convert.ts';
import { fileDiff } from './diff.ts';
import { explore } from './explore.ts';
import { fileSuspects } from './file-suspects.ts';
import { fold } from './fold.ts';
import { heatmap } from './heatmap.ts';
import { info } from './info.ts';
import { manifest } from './manifest.ts';
import { migrate } from './migrate.ts';
import { render } from './render.ts';
import type { TerminalCommand } from './terminal-command.ts';

/** Commands on files, which need no server. To add one: a file here and a line in this table. */
export const fileCommands: readonly TerminalCommand[] = [
  fold,
  render,
  heatmap,
  explore,
  fileSuspects,
  fileDiff,
  info,
  convert,
];

/** Commands that prepare a place to run in. */
export const setUpCommands: readonly TerminalCommand[] = [manifest, migrate];
