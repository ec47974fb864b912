import type { Report } from '../../workers/jobs.ts';
import { formatCaption, renderCaption } from './caption.ts';
import { formatDoctor, renderDoctor } from './doctor.ts';
import { withExplorerLinks } from './explorer-links.ts';
import { formatHeatmap, renderHeatmap } from './heatmap.ts';
import { type Reply, type ReplyContext, withAsker } from './reply.ts';
import { formatSummary, renderSummary } from './summary.ts';
import { formatSuspects, renderSuspects } from './suspects.ts';
import { formatText, renderText } from './text.ts';

/** A report as Slack shows it. Every string in it may come from outside; none of them is live in the result. */
export function renderReport(report: Report, context: ReplyContext): Reply {
  const reply = withExplorerLinks(renderWords(report, context), report, context);
  return withAsker(reply, context.askedBy ?? null);
}

function renderWords(report: Report, context: ReplyContext): Reply {
  switch (report.report) {
    case 'summary':
      return renderSummary(report, context);
    case 'flame-graph':
    case 'pods':
    case 'bundle':
      return renderCaption(report);
    case 'heatmap':
      return renderHeatmap(report);
    case 'suspects':
      return renderSuspects(report, context);
    case 'doctor':
      return renderDoctor(report, context);
    case 'text':
      return renderText(report, context);
    default:
      return report satisfies never;
  }
}

/** A report as a terminal shows it: plain lines of at most 96 columns, without colours or control characters. */
export function formatReport(report: Report, { nowMs = Date.now() }: { nowMs?: number } = {}): string {
  switch (report.report) {
    case 'summary':
      return formatSummary(report, nowMs);
    case 'flame-graph':
    case 'pods':
    case 'bundle':
      return formatCaption(report);
    case 'heatmap':
      return formatHeatmap(report);
    case 'suspects':
      return formatSuspects(report, nowMs);
    case 'doctor':
      return formatDoctor(report);
    case 'text':
      return formatText(report);
    default:
      return report satisfies never;
  }
}
