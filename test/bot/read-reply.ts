import type { ActionsBlock, RichTextElement } from '@slack/types';
import type { Reply } from '../../bot/replies/reply.ts';

/** A reply as lines, the way a person sees it: `*bold*`, `` `code` ``, `[label](url)`, `[button]`, `<@person>`, preformatted indented by two. */
export function readReply({ blocks }: Pick<Reply, 'blocks'>): string[] {
  return blocks
    .flatMap((block) => {
      if (block.type === 'actions') return [readButtons(block)];
      return block.elements.flatMap((part) => {
        switch (part.type) {
          case 'rich_text_section':
            return [readElements(part.elements).replace(/\n$/, '')];
          case 'rich_text_list':
            return part.elements.map(
              (entry) => `• ${readElements((entry as { elements: RichTextElement[] }).elements)}`,
            );
          case 'rich_text_preformatted':
            return readElements(part.elements)
              .split('\n')
              .map((row) => `  ${row}`);
          default:
            throw new RangeError(`Cannot read a part of the type "${part.type}"`);
        }
      });
    })
    .map((row) => row.replace(/^\u00A0$/, ''));
}

/** `[Zoom 1] [Zoom 2]` */
function readButtons({ elements }: ActionsBlock): string {
  return elements
    .map((element) => {
      if (element.type !== 'button')
        throw new RangeError(`Cannot read an element of the type "${element.type}"`);
      return `[${element.text.text}]`;
    })
    .join(' ');
}

function readElements(elements: readonly RichTextElement[]): string {
  return elements
    .map((element) => {
      if (element.type === 'user') return `<@${element.user_id}>`;
      if (element.type === 'link') return `[${element.text}](${element.url})`;
      if (element.type !== 'text')
        throw new RangeError(`Cannot read an element of the type "${element.type}"`);
      const { text, style } = element;
      const code = style?.code === true ? `\`${text}\`` : text;
      if (style?.bold === true) return `*${code}*`;
      return style?.italic === true ? `_${code}_`.replace(/\n_$/, '_\n') : code;
    })
    .join('');
}
