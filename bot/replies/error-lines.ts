import type { ErrorReport } from '../../workers/jobs.ts';
import { line, type RichTextPart, text } from './rich-text.ts';

/** What to do about an error whose message stands above; the request id is what to quote to whoever runs Avalanche. */
export function adviceParts(error: ErrorReport, requestId: string): RichTextPart[] {
  return [
    line(text('What to do: ', { bold: true }), text(error.advice)),
    line(text(`${error.code}, request ${requestId}`, { italic: true })),
  ];
}

export function adviceLine(error: ErrorReport): string {
  return `What to do: ${error.advice}`;
}
