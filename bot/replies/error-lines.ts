import type { ErrorReport } from '../../workers/jobs.ts';
import { line, type RichTextPart, text } from './rich-text.ts';

/** What went wrong and what to do about it; the request id is what to quote to whoever runs Avalanche. */
export function errorParts(error: ErrorReport, requestId: string): RichTextPart[] {
  return [
    line(text(error.message, undefined, 1_500)),
    line(text('What to do: ', { bold: true }), text(error.advice)),
    line(text(`${error.code}, request ${requestId}`, { italic: true })),
  ];
}

export function errorLines(error: ErrorReport): string[] {
  return [error.message, `What to do: ${error.advice}`];
}
