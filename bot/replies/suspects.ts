import type { Suspect, SuspectsReport } from '../../workers/jobs.ts';
import { cleanLine, truncate } from './escape.ts';
import { formatRevision } from './format-values.ts';
import { formatQuality } from './quality-line.ts';
import { buildReply, type DetailLevel, type Reply, type ReplyContext } from './reply.ts';
import { codeLines, line, list, type RichTextPart, sentence, text } from './rich-text.ts';
import {
  confidenceWords,
  formatCommit,
  formatPlace,
  formatSuspectShare,
  placeElements,
} from './suspect-lines.ts';
import { wrapLine } from './wrap-lines.ts';

/** More than a person reads at night, and what fits into one message with the code. */
const mostSuspects = 5;
const snippetLines: Record<DetailLevel, number> = { 0: 7, 1: 3, 2: 0 };
const evidenceCount: Record<DetailLevel, number> = { 0: 4, 1: 3, 2: 1 };

/** Each suspect with its code, its history and why it is one. */
export function renderSuspects(report: SuspectsReport, context: ReplyContext): Reply {
  const title = `Suspects in ${report.app}-${report.environment}`;
  return buildReply(`${title}: ${report.verdict}`, (level) => [
    line(text(`${title}: `, { bold: true }), ...sentence(report.verdict, { bold: true })),
    ...report.suspects.slice(0, mostSuspects).flatMap((suspect) => suspectParts(suspect, context, level)),
    blankLine,
    line(text(formatBasis(report), { italic: true }, 600)),
    line(text(formatQuality(report.quality), { italic: true }, 600)),
  ]);
}

/** Slack shows a line of nothing as no line at all. */
const blankLine = line(text('\u00A0'));

function suspectParts(suspect: Suspect, { nowMs }: ReplyContext, level: DetailLevel): RichTextPart[] {
  const { rank, confidence, evidence, commit } = suspect;
  return [
    blankLine,
    line(
      text(`${rank}. `, { bold: true }),
      text(suspect.function, { bold: true, code: true }, 160),
      ...(suspect.writtenIn === undefined
        ? []
        : [text(' in '), text(suspect.writtenIn, { code: true }, 160)]),
      text(` ${formatSuspectShare(suspect)}, ${confidenceWords[confidence]}`),
    ),
    line(...placeElements(suspect)),
    ...snippetParts(suspect.snippet, snippetLines[level]),
    ...(commit === null
      ? []
      : [line(text('Last change: '), text(formatCommit(commit, nowMs), undefined, 240))]),
    ...(evidence.length === 0
      ? []
      : [
          list(
            evidence
              .slice(0, evidenceCount[level])
              .map((reason) => line(...sentence(reason, undefined, 200))),
          ),
        ]),
  ];
}

function snippetParts(snippet: Suspect['snippet'], maximum: number): RichTextPart[] {
  const lines = snippet === null ? [] : numberSnippet(snippet, maximum);
  return lines.length === 0 ? [] : [codeLines(lines)];
}

/** The lines around the marked one, numbered: `> 42 for (const item of cart) {` */
function numberSnippet(
  { firstLine, lines, markedLine }: NonNullable<Suspect['snippet']>,
  maximum: number,
): string[] {
  const marked = Math.min(Math.max(markedLine - firstLine, 0), lines.length - 1);
  const first = Math.max(0, Math.min(marked - Math.floor(maximum / 2), lines.length - maximum));
  const width = String(firstLine + lines.length).length;
  return lines.slice(first, first + maximum).map((row, index) => {
    const number = firstLine + first + index;
    return `${number === markedLine ? '>' : ' '} ${String(number).padStart(width)} ${row}`;
  });
}

function formatBasis({ baseline, revision }: SuspectsReport): string {
  const compared = baseline === null ? 'No baseline to compare with' : `Compared with ${baseline}`;
  return revision === null
    ? `${compared}; revision unknown`
    : `${compared}; code at revision ${formatRevision(revision)}`;
}

export function formatSuspects(report: SuspectsReport, nowMs: number): string {
  const title = `Suspects in ${report.app}-${report.environment}: ${report.verdict}`;
  return [
    ...wrapLine(title),
    ...report.suspects.slice(0, mostSuspects).flatMap((suspect) => suspectLines(suspect, nowMs)),
    '',
    ...wrapLine(formatBasis(report)),
    ...wrapLine(formatQuality(report.quality)),
  ].join('\n');
}

function suspectLines(suspect: Suspect, nowMs: number): string[] {
  const { rank, confidence, snippet, commit, evidence, url } = suspect;
  const code = snippet === null ? [] : numberSnippet(snippet, snippetLines[0]);
  return [
    '',
    ...wrapLine(
      `${rank}. ${suspect.function}${suspect.writtenIn === undefined ? '' : ` in ${suspect.writtenIn}`}  ${formatSuspectShare(suspect)}, ${confidenceWords[confidence]}`,
    ),
    ...wrapLine(formatPlace(suspect) ?? 'place unknown', '   '),
    ...(url === null ? [] : wrapLine(url, '   ')),
    ...code.map((row) => `     ${truncateCode(row)}`),
    ...(commit === null ? [] : wrapLine(`Last change: ${formatCommit(commit, nowMs)}`, '   ')),
    ...evidence.flatMap((reason) => wrapLine(`- ${reason}`, '   ')),
  ];
}

const truncateCode = (row: string) => truncate(cleanLine(row.replace(/\t/g, '  ')), 90).trimEnd();
