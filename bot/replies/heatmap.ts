import type { HeatmapReport } from '../../workers/jobs.ts';
import { commandButton } from './buttons.ts';
import { buildReply, type Reply, withButtons } from './reply.ts';
import { line, text } from './rich-text.ts';
import { wrapLine } from './wrap-lines.ts';

/** More than a person looks into at night. */
const mostOffered = 3;

/** Above the picture: its alternative text; below, for each burst what shows it alone. */
export function renderHeatmap(report: HeatmapReport): Reply {
  const { title, altText, snapshotId } = report;
  const bursts = report.bursts.slice(0, mostOffered);
  const reply = buildReply(title, () => [
    line(text(title, { bold: true })),
    line(text(altText, undefined, 900)),
    ...(bursts.length === 0
      ? []
      : [line(text('Zoom in with a button, or type '), text('@avalanche zoom 1', { code: true }))]),
  ]);
  if (snapshotId === null) return reply;
  const buttons = bursts.map((_, index) =>
    commandButton(`Zoom ${index + 1}`, 'zoom', { snapshotId, burst: index + 1 }, { number: index + 1 }),
  );
  return withButtons(reply, buttons);
}

export function formatHeatmap(report: HeatmapReport): string {
  return [...wrapLine(report.title), ...wrapLine(report.altText, '  ')].join('\n');
}
