import type { HeatmapReport } from '../../workers/jobs.ts';
import { formatBurstOptions } from './burst-lines.ts';
import { buildReply, type Reply } from './reply.ts';
import { line, text } from './rich-text.ts';
import { wrapLine } from './wrap-lines.ts';

/** More than a person looks into at night. */
const mostSuggested = 3;

/** Above the picture: its alternative text, and for each burst what to type to look into it. */
export function renderHeatmap(report: HeatmapReport): Reply {
  return buildReply(report.title, () => [
    line(text(report.title, { bold: true })),
    line(text(report.altText, undefined, 900)),
    ...report.bursts
      .slice(0, mostSuggested)
      .map((burst, index) =>
        line(
          text(`Burst ${index + 1}: `),
          text(`@avalanche suspects ${formatBurstOptions(burst)}`, { code: true }),
        ),
      ),
  ]);
}

export function formatHeatmap(report: HeatmapReport): string {
  return [...wrapLine(report.title), ...wrapLine(report.altText, '  ')].join('\n');
}
