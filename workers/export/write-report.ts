import { describeBurstRange } from '../../renderers/describe-burst.ts';
import { formatShare } from '../../renderers/format-share.ts';
import type { RequestRow, SnapshotPod, SnapshotRow } from '../../storage/database/store.ts';
import type { HeatmapReport, ReportedBurst, SummaryReport, Suspect, SuspectsReport } from '../jobs.ts';
import { code, link, sentence } from './markdown.ts';

/** What is known of a snapshot. Messages may be gone: then the report says less. */
export type SnapshotFacts = {
  snapshot: SnapshotRow;
  summary: SummaryReport | null;
  suspects: SuspectsReport | null;
  heatmap: HeatmapReport | null;
  /** Commands of its thread, oldest first. */
  requests: readonly RequestRow[];
  files: readonly { name: string; about: string }[];
  /** What did not fit, one sentence each. */
  omissions: readonly string[];
  exportedAt: number;
};

const confidenceWords: Record<Suspect['confidence'], string> = {
  high: 'high confidence',
  likely: 'likely',
  weak: 'weak: a hint, no more',
};

/** The report of a post-mortem bundle, in Markdown. All times are UTC. */
export function writeReport(facts: SnapshotFacts): string {
  const { app, environment, createdAt, verdict } = facts.snapshot;
  const sections = [
    [
      `# ${code(`${app}-${environment}`)}, snapshot of ${formatMoment(createdAt)}`,
      '',
      `**${sentence(verdict ?? 'No verdict is known')}**`,
    ],
    section('What was recorded', describeRecording(facts)),
    section('Suspects', describeSuspects(facts.suspects)),
    section('Bursts', describeBursts(facts)),
    section('Pods', facts.snapshot.pods.map(describePod)),
    section('Who asked what', facts.requests.map(describeRequest)),
    section('Pictures', showPictures(facts.files)),
    section('Files', [
      ...facts.files.map(
        ({ name, about }) => `- [${name}](${name}): ${isPng(name) ? 'shown above' : sentence(about)}`,
      ),
      ...facts.omissions.map((omission) => `- ${sentence(omission)}`),
    ]),
    [`All times are UTC. Written by Avalanche at ${formatMoment(facts.exportedAt)}.`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Nothing where there is nothing to say. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines];
}

function describeRecording({ snapshot, summary, requests }: SnapshotFacts): string[] {
  const { id, windowStartMs, windowEndMs, sampleCount, event, revision } = snapshot;
  const rateHz = summary?.recording?.rateHz ?? null;
  const window =
    windowStartMs === null || windowEndMs === null
      ? 'At a time that the recording does not tell'
      : `From ${formatMoment(windowStartMs)} to ${formatMoment(windowEndMs)} (${((windowEndMs - windowStartMs) / 1000).toFixed(1)} s)`;
  const asker = requests.find((request) => request.id === snapshot.requestId)?.userId;
  return [
    `- ${window}`,
    `- ${sampleCount.toLocaleString('en')} samples of ${code(event)}${rateHz === null ? '' : ` at ${Math.round(rateHz)} Hz`}`,
    `- Revision ${revision === null ? 'unknown' : code(revision)}`,
    `- Snapshot ${code(id)}, taken at ${formatMoment(snapshot.createdAt)}${asker === undefined ? '' : ` for ${code(asker)}`}`,
    ...(summary?.quality?.remarks ?? []).map((remark) => `- Doubt: ${sentence(remark)}`),
  ];
}

function describeSuspects(report: SuspectsReport | null): string[] {
  if (report === null) return ['What was said of suspects is not kept any more.'];
  const { baseline, revision, suspects } = report;
  return [
    `${baseline === null ? 'There was no baseline to compare with' : `Compared with ${sentence(baseline)}`}; ${revision === null ? 'the revision is unknown' : `code at revision ${code(revision)}`}.`,
    '',
    ...(suspects.length === 0 ? ['Nobody is named.'] : suspects.flatMap(describeSuspect)),
  ];
}

function describeSuspect(suspect: Suspect, index: number): string[] {
  const { function: name, share, baselineShare, confidence, file, line, url, commit, evidence } = suspect;
  const baseline = baselineShare === null ? '' : ` (baseline ${formatShare(baselineShare)})`;
  const place = file === null ? 'place unknown' : code(line === null ? file : `${file}:${line}`);
  return [
    `${index + 1}. ${code(name)}: ${formatShare(share)}${baseline}, ${confidenceWords[confidence]}`,
    `   - ${link(place, url)}`,
    ...(commit === null
      ? []
      : [
          `   - Last change: ${code(commit.id.slice(0, 10))} ${code(commit.subject)} by ${code(commit.author)}, ${formatMoment(Date.parse(commit.date))}`,
        ]),
    ...evidence.map((reason) => `   - ${sentence(reason)}`),
  ];
}

function describeBursts({ heatmap, summary }: SnapshotFacts): string[] {
  const startedAtMs = summary?.recording?.startedAtMs ?? null;
  return (heatmap?.bursts ?? []).map((burst, index) => describeBurst(burst, index, startedAtMs));
}

function describeBurst(burst: ReportedBurst, index: number, startedAtMs: number | null): string {
  const { fromMs, toMs, busyRatio, functions } = burst;
  const clock =
    startedAtMs === null
      ? ''
      : ` (${formatClock(startedAtMs + fromMs)} to ${formatClock(startedAtMs + toMs)})`;
  const busy = busyRatio === null ? '' : `, ${busyRatio.toFixed(1)} times as busy as elsewhere`;
  const names = functions
    .slice(0, 5)
    .map(
      (grown) =>
        `${code(grown.function)} ${formatShare(grown.share)} (elsewhere ${formatShare(grown.shareElsewhere)})`,
    );
  return `${index + 1}. ${describeBurstRange(burst)}${clock}${busy}${names.length === 0 ? '' : `: ${names.join(', ')}`}`;
}

function describePod({ name, state, sampleCount, error, how }: SnapshotPod): string {
  if (state === 'failed')
    return `- ${code(name)}: not captured${error === null ? '' : `. ${sentence(error.message)}`}`;
  const way = how === null || how === undefined ? '' : `, ${sentence(how)}`;
  return `- ${code(name)}: ${sampleCount.toLocaleString('en')} samples${way}`;
}

function describeRequest({ createdAt, userId, command, text, state }: RequestRow): string {
  return `- ${formatMoment(createdAt)} ${code(userId)}: ${code(text === '' ? command : text)}, ${state}`;
}

function showPictures(files: SnapshotFacts['files']): string[] {
  return files
    .filter(({ name }) => isPng(name))
    .flatMap(({ name, about }, index) => [...(index === 0 ? [] : ['']), `![${sentence(about)}](${name})`]);
}

const isPng = (name: string) => name.endsWith('.png');

/** `2026-11-25 03:12:30 UTC` */
function formatMoment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime())
    ? 'an unknown time'
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function formatClock(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString().slice(11, 21);
}
