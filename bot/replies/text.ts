import { type ErrorCode, errorCodes } from '../../storage/errors.ts';
import type { TextReport } from '../../workers/jobs.ts';
import { commandButton } from './buttons.ts';
import { adviceLine, adviceParts } from './error-lines.ts';
import { cleanLine } from './escape.ts';
import { buildReply, type Reply, type ReplyContext, withButtons } from './reply.ts';
import { codeLines, line, person, type RichTextPart, text } from './rich-text.ts';
import { wrapLine } from './wrap-lines.ts';

const mostLines = 60;

/** Help, lists, status, and errors without a snapshot. Lines that begin with two blanks are columns. */
export function renderText(report: TextReport, context: ReplyContext): Reply {
  const fallback = [
    report.title,
    report.error?.message ?? report.lines.find((row) => row.trim() !== '') ?? '',
  ];
  const reply = buildReply(fallback.filter((part) => part !== '').join(': '), (level) => [
    line(text(report.title, { bold: true })),
    ...lineParts(report.lines.slice(0, level === 0 ? mostLines : mostLines / (2 * level))),
    ...errorParts(report, context),
    ...(report.cancelledBy === undefined
      ? []
      : [line(text('Cancelled by ', { bold: true }), person(report.cancelledBy))]),
    ...(report.brokenBy === undefined ? [] : [line(text('By ', { bold: true }), person(report.brokenBy))]),
  ]);
  return withButtons(reply, buttonsOf(report, context));
}

function buttonsOf({ error, stretch, target, pinned }: TextReport, { requestId }: ReplyContext) {
  if (error !== null) return canRetry(error.code) ? [commandButton('Try again', 'retry', { requestId })] : [];
  return [
    stretch === undefined ? undefined : commandButton('Suspects in this part', 'suspects', stretch),
    target === undefined ? undefined : commandButton('Snapshot', 'snapshot', target),
    pinned === undefined ? undefined : commandButton('Unpin', 'unpin', pinned),
  ];
}

/** Of the rest the person has to mend something first, and then types it anew. */
const canRetry = (code: string): boolean =>
  Object.hasOwn(errorCodes, code) && errorCodes[code as ErrorCode].retry;

function errorParts({ error }: TextReport, { requestId }: ReplyContext): RichTextPart[] {
  if (error === null) return [];
  return [line(text(error.message, undefined, 1_500)), ...adviceParts(error, requestId)];
}

export function formatText(report: TextReport): string {
  const lines = report.lines.flatMap((row) =>
    isColumns(row) ? [cleanLine(row)] : row === '' ? [''] : wrapLine(row),
  );
  const error =
    report.error === null
      ? []
      : [report.error.message, adviceLine(report.error)].flatMap((row) => wrapLine(row));
  const cancelled = report.cancelledBy === undefined ? [] : wrapLine(`Cancelled by ${report.cancelledBy}`);
  return [...wrapLine(report.title), ...lines, ...error, ...cancelled].join('\n');
}

const isColumns = (row: string) => row.startsWith('  ');

/** Neighbouring lines of columns share one preformatted block. */
function lineParts(lines: readonly string[]): RichTextPart[] {
  const parts: RichTextPart[] = [];
  let columns: string[] = [];
  const endColumns = () => {
    if (columns.length > 0) parts.push(codeLines(columns));
    columns = [];
  };
  for (const row of lines) {
    if (isColumns(row)) {
      columns.push(row.slice(2));
    } else if (row !== '') {
      endColumns();
      parts.push(line(text(row, undefined, 600)));
    }
  }
  endColumns();
  return parts;
}
