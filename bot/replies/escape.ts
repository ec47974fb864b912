/**
 * Text from outside, made harmless for Slack. In rich_text and plain_text nothing is parsed, so `cleanLine`
 * is enough there; `escapeText` is for the few places that Slack parses as mrkdwn (the fallback text).
 */

/** Direction overrides and isolates: they make a line read as something else than it is. */
const directionMarks = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
const controls = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g;

/** One line: control characters and line ends become a blank, direction marks go. */
export function cleanLine(text: string): string {
  return text.toWellFormed().replace(directionMarks, '').replace(controls, ' ');
}

/** At most `maximum` code points, the last one an ellipsis when something was cut. Escape after this, never before. */
export function truncate(text: string, maximum: number): string {
  // A code point has at most two units: without this a text of megabytes would be spread whole.
  const points = [...text.slice(0, 2 * maximum + 2)];
  return points.length <= maximum ? text : `${points.slice(0, maximum - 1).join('')}…`;
}

/**
 * Text for a field that Slack parses as mrkdwn. Three characters have an escape there; those that make it
 * bold, italic, struck or code have none and are replaced by look-alikes. An underscore inside a word
 * (`tcp_sendmsg`) means nothing to Slack and stays.
 */
export function escapeText(text: string, maximum: number): string {
  return truncate(cleanLine(text).trim(), maximum)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/\*/g, '\u2217')
    .replace(/`/g, '\u02CB')
    .replace(/~/g, '\u223C')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\u02CD');
}
