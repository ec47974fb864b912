import { cleanLabel, fitLabel } from './label.ts';

/** Slack takes 2,000 in an image block, but 1,000 on a file. */
const longestDescription = 1000;
const longestName = 48;

/** An alternative text of those sentences that are not empty. */
export function joinSentences(sentences: readonly string[]): string {
  return sentences
    .filter((sentence) => sentence !== '')
    .join(' ')
    .slice(0, longestDescription)
    .toWellFormed();
}

export function shortName(name: string): string {
  return fitLabel(cleanLabel(name), longestName, (text) => text.length);
}
