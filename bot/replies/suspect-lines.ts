import type { RichTextElement } from '@slack/types';
import { formatShare } from '../../renderers/format-share.ts';
import type { Commit, Suspect } from '../../workers/jobs.ts';
import { formatAge, formatRevision } from './format-values.ts';
import { link, text } from './rich-text.ts';

/** What the summary and the suspects message both say about a suspect. */

/** `62 % (baseline 3.1 %)` */
export function formatSuspectShare({ share, baselineShare }: Suspect): string {
  return baselineShare === null
    ? formatShare(share)
    : `${formatShare(share)} (baseline ${formatShare(baselineShare)})`;
}

/** `src/cart.ts:42`; null when nobody knows where it is. */
export function formatPlace({ file, line }: Suspect): string | null {
  if (file === null) return null;
  return line === null ? file : `${file}:${line}`;
}

/** Where it is, as a link where there is a code host. */
export function placeElements(suspect: Suspect): RichTextElement[] {
  const place = formatPlace(suspect);
  return place === null ? [text('place unknown')] : [link(suspect.url, keepEnd(place, 160))];
}

/** The end of a path tells more than its beginning. */
function keepEnd(path: string, maximum: number): string {
  return path.length <= maximum ? path : `…${path.slice(1 - maximum)}`;
}

/** `1a2b3c4d5e "Count discounts per item" by Ada, 3 hours ago` */
export function formatCommit(commit: Commit, nowMs: number): string {
  const age = formatAge(Date.parse(commit.date), nowMs);
  return `${formatRevision(commit.id)} “${commit.subject}” by ${commit.author}, ${age}`;
}

export const confidenceWords = {
  high: 'high confidence',
  likely: 'likely',
  weak: 'weak: a hint, no more',
} as const satisfies Record<Suspect['confidence'], string>;
