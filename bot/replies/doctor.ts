import type { DoctorReport, DoctorStep } from '../../workers/jobs.ts';
import { commandButton } from './buttons.ts';
import { formatAmount } from './format-values.ts';
import { buildReply, type DetailLevel, type Reply, type ReplyContext, withButtons } from './reply.ts';
import { codeLines, line, type RichTextPart, sentence, text } from './rich-text.ts';
import { wrapLine } from './wrap-lines.ts';

type State = DoctorStep['state'];

/** Those that somebody has to do something about, the worst first. */
const needing = ['broken', 'doubtful'] as const satisfies State[];
const stateColumns = 10;
/** What a phone shows in one line of a preformatted block. */
const nameColumns = 30;
const mostSteps = 60;

/** A table of all steps; below it what is broken or doubtful, with the cause and what to do. */
export function renderDoctor(report: DoctorReport, context: ReplyContext): Reply {
  const headline = formatHeadline(report);
  const steps = report.steps.slice(0, mostSteps);
  const reply = buildReply(headline, (level) => {
    const causes = needing.flatMap((state) => steps.filter((step) => step.state === state));
    return [
      line(text(headline, { bold: true })),
      ...(steps.length === 0 ? [] : [codeLines(steps.map(tableRow))]),
      ...causes.slice(0, causeCount[level]).flatMap((step) => causeParts(step, causeCharacters[level])),
    ];
  });
  return withButtons(reply, buttonsOf(report, context));
}

const causeCount: Record<DetailLevel, number> = { 0: mostSteps, 1: 16, 2: 8 };
const causeCharacters: Record<DetailLevel, number> = { 0: 900, 1: 300, 2: 160 };

function buttonsOf(report: DoctorReport, { requestId }: ReplyContext) {
  if (!isOver(report)) return [commandButton('Cancel', 'cancel', { requestId })];
  const { app, environment } = report;
  return [commandButton('Look again', 'doctor', { app, environment })];
}

const tableRow = ({ name, state }: DoctorStep): string =>
  `${state.padEnd(stateColumns)}  ${name.length > nameColumns ? `${name.slice(0, nameColumns - 1)}…` : name}`;

function causeParts({ name, state, found, cure }: DoctorStep, maximum: number): RichTextPart[] {
  const title = `${state === 'broken' ? 'Broken' : 'Doubtful'}, ${name}: `;
  return [
    line(text('\u00A0')),
    line(text(title, { bold: true }), text(found ?? '', undefined, maximum)),
    ...(cure === null
      ? []
      : [line(text('What to do: ', { bold: true }), ...sentence(cure, undefined, maximum))]),
  ];
}

function isOver({ steps }: DoctorReport): boolean {
  return steps.length > 0 && steps.every(({ state }) => state !== 'waiting' && state !== 'looking');
}

export function countBroken({ steps }: DoctorReport): number {
  return steps.filter(({ state }) => state === 'broken').length;
}

function formatHeadline(report: DoctorReport): string {
  const { app, environment, steps } = report;
  const target = `${app}-${environment}`;
  if (steps.length === 0) return `Looking at ${target}: waiting for a worker`;
  const count = (state: State) => steps.filter((step) => step.state === state).length;
  if (!isOver(report)) {
    const open = count('waiting') + count('looking');
    return `Looking at ${target}: ${steps.length - open} of ${formatAmount(steps.length, 'step')} done`;
  }
  const counts = (['broken', 'doubtful', 'not tried'] as const)
    .filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${state}`);
  const all = formatAmount(steps.length, 'step');
  return counts.length === 0
    ? `${target}: ${all}, all in order`
    : `${target}: ${counts.join(', ')}, of ${all}`;
}

export function formatDoctor(report: DoctorReport): string {
  const indent = ' '.repeat(stateColumns + 2);
  const rows = report.steps.slice(0, mostSteps).flatMap((step) => {
    const { name, state, found, cure } = step;
    const isNeeding = (needing as readonly State[]).includes(state);
    const [first = '', ...others] = wrapLine(isNeeding ? `${name}: ${found}` : name, indent);
    return [
      `${state.padEnd(indent.length)}${first.slice(indent.length)}`,
      ...others,
      ...(isNeeding && cure !== null ? wrapLine(`What to do: ${cure}`, indent) : []),
    ];
  });
  return [...wrapLine(formatHeadline(report)), ...rows].join('\n');
}
