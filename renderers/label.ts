/** How wide a text is drawn, in px. */
export type MeasureText = (text: string) => number;

const ellipsis = '…';

/** No box is wide enough for more; what is longer costs time only. */
const longestLabel = 400;

/** A cut label with less of the name than this says nothing. */
const fewestCharacters = 4;

/** With fewer letters than this, both ends of a word are too short to be recognised. */
const fewestForTwoEnds = 9;

/**
 * A name from a recording made fit to draw: one line, at most 400 characters, no control or invisible
 * characters, nothing that turns the direction of the text or piles up over the line.
 *
 * @returns never empty: a name of nothing but such characters becomes `(no name)`
 */
export function cleanLabel(name: string): string {
  const bounded =
    name.length <= longestLabel
      ? name
      : `${name.slice(0, longestLabel / 2)}${ellipsis}${name.slice(1 - longestLabel / 2)}`;
  const cleaned = bounded
    .toWellFormed()
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, '')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .trim();
  return cleaned === '' ? '(no name)' : cleaned;
}

/**
 * The most telling form of a name that is at most `widthPx` wide.
 *
 *     com.example.Cart.total(int)     whole
 *     com.example.Cart.total          without its arguments
 *     …Cart.total                     its end, from where a part of it begins
 *     computeDi…ounts                 one long word: cut in the middle
 *
 * @param name as cleanLabel gives it
 * @returns '' when there is no room for four characters of it
 */
export function fitLabel(name: string, widthPx: number, measure: MeasureText): string {
  if (measure(name) <= widthPx) return name;
  if (measure('i') * fewestCharacters > widthPx) return '';
  const bare = withoutTrailingGroup(withoutTrailingGroup(name, '()'), '<>');
  if (bare !== name && measure(bare) <= widthPx) return bare;
  const starts = partStarts(bare);
  const tailFrom = (start: number) => ellipsis + bare.slice(start);
  const fitting = findFirst(starts, (start) => measure(tailFrom(start)) <= widthPx);
  if (fitting !== undefined) return tailFrom(fitting);
  return cutInTheMiddle(bare.slice(starts.at(-1) ?? 0), widthPx, measure);
}

/** The first of `numbers` that holds, given that all after it hold too: few tries, as each measures a text. */
function findFirst(numbers: readonly number[], holds: (number: number) => boolean): number | undefined {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(numbers[middle]!)) high = middle;
    else low = middle + 1;
  }
  return numbers[low];
}

/** A sentence cut at its end, where a name would be cut at its beginning. */
export function fitSentence(sentence: string, widthPx: number, measure: MeasureText): string {
  if (measure(sentence) <= widthPx) return sentence;
  const characters = Array.from(sentence);
  return cutToWidth(
    characters.length,
    widthPx,
    measure,
    (kept) => characters.slice(0, kept).join('') + ellipsis,
  );
}

/**
 * `Cart::total(int, (anonymous)) const` is `Cart::total`, `sort<int>` is `sort`; Go's `(*Cart).Total` keeps
 * its receiver.
 */
function withoutTrailingGroup(name: string, brackets: '()' | '<>'): string {
  const [open, close] = brackets;
  const text = name.replace(/ const$/u, '');
  if (!text.endsWith(close!)) return name;
  let depth = 0;
  for (let at = text.length - 1; at > 0; at--) {
    if (text[at] === close) depth++;
    if (text[at] === open) depth--;
    if (depth === 0) return /[\w>\]~]/u.test(text[at - 1]!) ? text.slice(0, at) : name;
  }
  return name;
}

/** Where the parts of a qualified name or a path begin, but for the first; nothing inside brackets counts. */
function partStarts(name: string): number[] {
  const starts: number[] = [];
  let depth = 0;
  for (let at = 0; at < name.length - fewestCharacters; at++) {
    const character = name[at]!;
    if ('(<[{'.includes(character)) depth++;
    else if (')>]}'.includes(character)) depth = Math.max(0, depth - 1);
    else if (depth === 0 && './:\\ '.includes(character) && !'./:\\ '.includes(name[at + 1]!))
      starts.push(at + 1);
  }
  return starts;
}

/** Keeps a little more of the beginning, where a word is recognised; of little room, all for the beginning. */
function cutInTheMiddle(name: string, widthPx: number, measure: MeasureText): string {
  const characters = Array.from(name);
  return cutToWidth(characters.length, widthPx, measure, (kept) => {
    const head = kept < fewestForTwoEnds ? kept : Math.ceil(kept * 0.6);
    const tail = characters.slice(characters.length - kept + head);
    return characters.slice(0, head).join('') + ellipsis + tail.join('');
  });
}

/** The longest of the texts that `cut` makes of fewer than `length` characters; '' when four are too wide. */
function cutToWidth(
  length: number,
  widthPx: number,
  measure: MeasureText,
  cut: (kept: number) => string,
): string {
  let fitting = 0;
  let tooMany = length;
  while (tooMany - fitting > 1) {
    const middle = (fitting + tooMany) >>> 1;
    if (measure(cut(middle)) <= widthPx) fitting = middle;
    else tooMany = middle;
  }
  return fitting < fewestCharacters ? '' : cut(fitting);
}
