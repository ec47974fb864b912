import type { RichTextElement } from '@slack/types';
import { describeBurstRange } from '../../renderers/describe-burst.ts';
import type { Report, ReportedBurst, Suspect } from '../../workers/jobs.ts';
import { exactly } from '../explorer/page/exactly.ts';
import type { ExplorerLink, Reply, ReplyContext } from './reply.ts';
import { line, link, richText, text } from './rich-text.ts';

/** More than a person opens at night. */
const mostLinks = 4;

/** Slack refuses from about 11,300 on, buttons and all; what would come near has the one link that opens all. */
const longestBlocks = 10_500;

type Target = { label: string; url: string };

/** A report with the way into the explorer below: all of the snapshot, and each burst or suspect alone. */
export function withExplorerLinks(
  { text: words, blocks }: Reply,
  report: Report,
  { explorerLink, requestId }: ReplyContext,
): Reply {
  if (explorerLink === undefined) return { text: words, blocks };
  const targets = listTargets(report, requestId, explorerLink).slice(0, 1 + mostLinks);
  if (targets.length === 0) return { text: words, blocks };
  const whole = [...blocks, linkLine(targets)];
  if (JSON.stringify(whole).length <= longestBlocks) return { text: words, blocks: whole };
  return { text: words, blocks: [...blocks, linkLine(targets.slice(0, 1))] };
}

function linkLine(targets: readonly Target[]) {
  const links = targets.flatMap(({ label, url }, index): RichTextElement[] => [
    ...(index === 0 ? [] : [text(' · ')]),
    link(url, label),
  ]);
  return richText([line(...links)]);
}

function listTargets(report: Report, requestId: string, open: ExplorerLink): Target[] {
  switch (report.report) {
    case 'summary': {
      const { stage, snapshotId, burst, suspect } = report;
      if (stage !== 'done' || !isId(snapshotId)) return [];
      return [
        { label: 'Open in the explorer', url: open(snapshotId) },
        ...(burst === null ? [] : [burstTarget(burst, 1, snapshotId, open)]),
        ...(suspect === null ? [] : [suspectTarget(suspect, snapshotId, open)]),
      ];
    }
    case 'heatmap':
      // A snapshot has the id of the request that took it, and only that one shows its heatmap.
      if (!isId(requestId)) return [];
      return report.bursts.map((burst, index) => burstTarget(burst, index + 1, requestId, open));
    case 'suspects': {
      const { snapshotId, suspects } = report;
      if (!isId(snapshotId)) return [];
      return suspects.map((suspect) => suspectTarget(suspect, snapshotId, open));
    }
    default:
      return [];
  }
}

/** Ids are made by the program; whatever else stands there leads nowhere. */
function isId(id: string | null): id is string {
  return id !== null && /^[\w-]{1,64}$/.test(id);
}

function burstTarget(burst: ReportedBurst, number: number, snapshotId: string, open: ExplorerLink): Target {
  const chosen = { from: String(Math.floor(burst.fromMs)), to: String(Math.ceil(burst.toMs)) };
  return { label: `burst ${number}, ${describeBurstRange(burst)}`, url: open(snapshotId, chosen) };
}

function suspectTarget({ rank, function: name }: Suspect, snapshotId: string, open: ExplorerLink): Target {
  return {
    label: `${rank}. ${name}`.slice(0, 80),
    url: open(snapshotId, { search: exactly(name) }),
  };
}
