import { formatShare } from '../../renderers/format-share.ts';
import type { SummaryReport } from '../../workers/jobs.ts';
import { formatBurst, formatBurstOptions } from './burst-lines.ts';
import { commandButton } from './buttons.ts';
import { adviceLine, adviceParts } from './error-lines.ts';
import { formatAmount, formatDuration, formatRevision, formatTime } from './format-values.ts';
import { formatQuality } from './quality-line.ts';
import { buildReply, type Reply, type ReplyContext, withButtons } from './reply.ts';
import { line, person, type RichTextPart, sentence, text } from './rich-text.ts';
import {
  confidenceWords,
  formatCommit,
  formatPlace,
  formatSuspectShare,
  placeElements,
} from './suspect-lines.ts';
import { wrapLine } from './wrap-lines.ts';

/** The one message edited in place: whoever reads only its first line on a phone knows where things stand. */
export function renderSummary(report: SummaryReport, context: ReplyContext): Reply {
  const headline = formatHeadline(report);
  const reply = buildReply(headline, (level) => [
    line(...sentence(headline, { bold: true }, 1_000)),
    ...(report.error === null ? [] : adviceParts(report.error, context.requestId)),
    ...cancelledParts(report),
    ...facts(report, context.nowMs).map(([label, value]) => labelled(label, value)),
    ...suspectParts(report, context),
    ...failedPods(report)
      .slice(0, level === 0 ? 5 : 2)
      .map(([pod, problem]) => labelled(`Pod ${pod}: `, problem)),
    ...(report.quality === null ? [] : [line(text(formatQuality(report.quality), { italic: true }, 600))]),
    ...nextParts(report),
  ]);
  return withButtons(reply, buttonsOf(report, context));
}

/** What helps next: stopping what runs, doing again what failed, looking into what burst. */
function buttonsOf(report: SummaryReport, { requestId }: ReplyContext) {
  const { stage, snapshotId, burst, app, environment } = report;
  switch (stage) {
    case 'done':
      if (snapshotId === null) return [];
      return [
        burst === null ? undefined : commandButton('Zoom 1', 'zoom', { snapshotId, burst: 1 }),
        commandButton('Pin', 'pin', { snapshotId }),
      ];
    case 'failed':
      return [
        commandButton('Try again', 'retry', { requestId }),
        commandButton('Doctor', 'doctor', { app, environment }),
      ];
    case 'cancelled':
      return [];
    default:
      return [commandButton('Cancel', 'cancel', { requestId }, { question: cancelQuestion })];
  }
}

/** A phone is pressed by mistake, and the snapshot may be somebody else's. */
const cancelQuestion = {
  title: 'Stop this snapshot?',
  text: 'What it has gathered so far is thrown away. Everybody here sees who stopped it.',
  yes: 'Stop it',
  no: 'Let it run',
};

const labelled = (label: string, value: string): RichTextPart =>
  line(text(label, { bold: true }), text(value, undefined, 600));

/** The verdict once there is one, the stage until then. */
function formatHeadline(report: SummaryReport): string {
  const target = `${report.app}-${report.environment}`;
  if (report.stage === 'failed') {
    return `Snapshot of ${target} failed${report.error === null ? '' : `: ${report.error.message}`}`;
  }
  if (report.stage === 'done') return `${target}: ${report.verdict ?? 'the snapshot is done'}`;
  return `Snapshot of ${target}: ${formatStage(report)}`;
}

function formatStage({ stage, pods, recordMs }: SummaryReport): string {
  switch (stage) {
    case 'accepted':
      return 'accepted, waiting for a worker';
    case 'waiting':
      return 'waiting for the one that was asked for before and still runs';
    case 'locating':
      return 'looking for its pods';
    case 'capturing': {
      const ended = pods.filter(({ state }) => state !== 'waiting').length;
      const doing =
        recordMs === undefined ? 'fetching the recordings' : `recording ${formatDuration(recordMs)}`;
      return `${doing}, ${ended} of ${formatAmount(pods.length, 'pod')}`;
    }
    case 'drawing':
      return 'drawing the flame graph';
    case 'suspecting':
      return 'looking for the code behind it';
    case 'done':
      return 'done';
    case 'failed':
      return 'failed';
    case 'cancelled':
      return 'cancelled';
    default:
      return stage satisfies never;
  }
}

function cancelledParts({ cancelledBy }: SummaryReport): RichTextPart[] {
  return cancelledBy === undefined ? [] : [line(text('Cancelled by ', { bold: true }), person(cancelledBy))];
}

/** What was recorded and what is hot: label and value, in order of reading. */
function facts(report: SummaryReport, nowMs: number): [string, string][] {
  const { recording, hottest, burst } = report;
  const lines: [string, string][] = [];
  if (recording !== null) lines.push(['Recorded: ', formatRecording(report, recording, nowMs)]);
  const ways = new Set(report.pods.flatMap(({ how }) => how ?? []));
  if (ways.size > 0) lines.push(['How: ', [...ways].slice(0, 3).join('; ')]);
  if (hottest.length > 0) {
    const shares = hottest.slice(0, 5).map((frame) => `${frame.function} ${formatShare(frame.share)}`);
    lines.push(['Hot: ', shares.join(', ')]);
  }
  if (burst !== null) lines.push(['Burst: ', formatBurst(burst)]);
  return lines;
}

function formatRecording(
  { pods, quality }: SummaryReport,
  recording: NonNullable<SummaryReport['recording']>,
  nowMs: number,
): string {
  const sampleCount = quality?.sampleCount ?? pods.reduce((sum, pod) => sum + pod.sampleCount, 0);
  const { startedAtMs, durationMs, event, rateHz, revision } = recording;
  const window =
    startedAtMs === null
      ? formatDuration(durationMs)
      : `${formatDuration(durationMs)} (${formatTime(startedAtMs, nowMs)} to ${formatTime(startedAtMs + durationMs, nowMs)} UTC)`;
  return [
    formatPods(pods),
    `${formatAmount(sampleCount, 'sample')} in ${window}`,
    rateHz === null ? event : `${event} at ${Math.round(rateHz)} Hz`,
    revision === null ? 'revision unknown' : `revision ${formatRevision(revision)}`,
  ].join(', ');
}

/** A pod alone is named; of several only those that failed, further down. */
function formatPods(pods: SummaryReport['pods']): string {
  const captured = pods.filter(({ state }) => state === 'captured');
  if (pods.length === 1 && captured[0] !== undefined) return captured[0].name;
  const amount = formatAmount(pods.length, 'pod');
  return captured.length === pods.length ? amount : `${captured.length} of ${amount}`;
}

function suspectParts({ suspect }: SummaryReport, { nowMs }: ReplyContext): RichTextPart[] {
  if (suspect === null) return [];
  return [
    line(
      text('First suspect: ', { bold: true }),
      text(suspect.function, { code: true }, 160),
      text(` ${formatSuspectShare(suspect)}, ${confidenceWords[suspect.confidence]}, `),
      ...placeElements(suspect),
    ),
    ...(suspect.commit === null ? [] : [labelled('Last change: ', formatCommit(suspect.commit, nowMs))]),
  ];
}

function failedPods({ pods }: SummaryReport): [string, string][] {
  return pods.flatMap(({ name, error }) =>
    error === null ? [] : [[name, `${error.message}. ${error.advice}`]],
  );
}

/** What to type next: a burst of a snapshot can be looked at by itself. */
function nextOptions({ stage, snapshotId, burst }: SummaryReport): string | null {
  return stage === 'done' && snapshotId !== null && burst !== null ? formatBurstOptions(burst) : null;
}

function nextParts(report: SummaryReport): RichTextPart[] {
  const options = nextOptions(report);
  if (options === null) return [];
  return [
    line(
      text('Next: ', { bold: true }),
      text(`@avalanche suspects ${options}`, { code: true }),
      text(' in this thread looks into the burst'),
    ),
  ];
}

export function formatSummary(report: SummaryReport, nowMs: number): string {
  const { suspect, quality, error } = report;
  const options = nextOptions(report);
  const suspectLines =
    suspect === null
      ? []
      : [
          `First suspect: ${suspect.function} ${formatSuspectShare(suspect)}, ${confidenceWords[suspect.confidence]}, ${formatPlace(suspect) ?? 'place unknown'}`,
          ...(suspect.commit === null ? [] : [`Last change: ${formatCommit(suspect.commit, nowMs)}`]),
        ];
  const lines = [
    ...(error === null ? [] : [adviceLine(error)]),
    ...(report.cancelledBy === undefined ? [] : [`Cancelled by ${report.cancelledBy}`]),
    ...facts(report, nowMs).map(([label, value]) => label + value),
    ...suspectLines,
    ...failedPods(report).map(([pod, problem]) => `Pod ${pod}: ${problem}`),
    ...(quality === null ? [] : [formatQuality(quality)]),
    ...(options === null ? [] : [`Next: suspects ${report.snapshotId} ${options} looks into the burst`]),
  ];
  return [formatHeadline(report), ...lines].flatMap((row) => wrapLine(row)).join('\n');
}
