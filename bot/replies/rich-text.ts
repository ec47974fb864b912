import type { RichTextBlock, RichTextElement, RichTextSection } from '@slack/types';
import { cleanLine, truncate } from './escape.ts';
import { toSafeUrl } from './safe-url.ts';

/**
 * Building blocks of our messages. Everything is rich_text: there a string is shown as it is, whatever it
 * holds, so a symbol named `<!channel>` calls nobody.
 */
export type RichTextPart = RichTextBlock['elements'][number];

type Style = { bold?: true; italic?: true; code?: true };

export function text(value: string, style?: Style, maximum = 300): RichTextElement {
  // Slack refuses an empty text element.
  const shown = truncate(cleanLine(value), maximum) || ' ';
  return { type: 'text', text: shown, ...(style === undefined ? {} : { style }) };
}

/** A sentence of ours in which names stand between backticks: those become code, everything is as inert as `text`. */
export function sentence(value: string, style?: Style, maximum = 600): RichTextElement[] {
  const parts = truncate(cleanLine(value), maximum).split(/`([^`]+)`/);
  const elements = parts.map((part, index) =>
    index % 2 === 1 ? text(part, { ...style, code: true }, maximum) : text(part, style, maximum),
  );
  return elements.filter((_, index) => parts[index] !== '');
}

/** A link when the address is one that we let people click, else its label as text. */
export function link(url: string | null, label: string, style?: Style): RichTextElement {
  const safeUrl = toSafeUrl(url);
  if (safeUrl === null) return text(label, style);
  const shown = truncate(cleanLine(label).trim(), 300) || safeUrl;
  return { type: 'link', url: safeUrl, text: shown, ...(style === undefined ? {} : { style }) };
}

/** Somebody in Slack, by the name they have there. What is no id of Slack's is text. */
export function person(id: string): RichTextElement {
  return /^[UW][A-Z0-9]{2,20}$/.test(id) ? { type: 'user', user_id: id } : text(id, undefined, 80);
}

export function line(...elements: RichTextElement[]): RichTextSection {
  return { type: 'rich_text_section', elements };
}

export function list(lines: readonly RichTextSection[]): RichTextPart {
  return { type: 'rich_text_list', style: 'bullet', elements: [...lines] };
}

export function codeLines(lines: readonly string[]): RichTextPart {
  const shown = lines.map((row) => truncate(cleanLine(row.replace(/\t/g, '  ')), 120));
  return { type: 'rich_text_preformatted', elements: [{ type: 'text', text: shown.join('\n') || ' ' }] };
}

/** Sections follow each other without a line between them: each but the last gets its line end here. */
export function richText(parts: readonly RichTextPart[]): RichTextBlock {
  const elements = parts.map((part, row) => {
    const next = parts[row + 1];
    if (part.type !== 'rich_text_section' || next?.type !== 'rich_text_section') return part;
    return { ...part, elements: [...part.elements, { type: 'text' as const, text: '\n' }] };
  });
  return { type: 'rich_text', elements };
}
