import type { FileReport } from '../../workers/jobs.ts';
import { buildReply, type Reply } from './reply.ts';
import { line, text } from './rich-text.ts';
import { wrapLine } from './wrap-lines.ts';

/** What stands above a picture or a bundle: its alternative text, since Slack's upload has no working field for one. */
export function renderCaption(report: Pick<FileReport, 'title' | 'altText'>): Reply {
  return buildReply(report.title, () => [
    line(text(report.title, { bold: true })),
    line(text(report.altText, undefined, 900)),
  ]);
}

export function formatCaption(report: Pick<FileReport, 'title' | 'altText'>): string {
  return [...wrapLine(report.title), ...wrapLine(report.altText, '  ')].join('\n');
}
