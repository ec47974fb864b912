import { formatFolded } from '../../../storage/profile/folded.ts';
import type { ProfileExport } from './export.ts';

/**
 * `comm;caller;callee 12`: samples of one event. A line begins with its first frame where the recording tells
 * no comm.
 */
export const foldedExport: ProfileExport = {
  name: 'folded',
  *write(profile, selection) {
    for (const line of formatFolded(profile, selection)) yield `${beginLine(line)}\n`;
  },
};

function beginLine(line: string): string {
  const stack = line.startsWith(';') ? line.slice(1) : line;
  if (stack.startsWith(' ')) return `[unknown]${stack}`;
  // Readers would take it for a comment.
  return /^(?:#|\/\/)/.test(stack) ? ` ${stack}` : stack;
}
