import { escapeXml } from './escape-xml.ts';

/**
 * A whole SVG file around what was drawn. It names no other file and loads nothing, so that it can be attached
 * to a post-mortem and opened years later.
 *
 * @param body elements
 */
export function wrapSvg(
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  { title, description, body }: { title: string; description: string; body: string },
): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" style="max-width:100%;height:auto" font-family="&quot;DejaVu Sans&quot;, Verdana, sans-serif" role="img">
<title>${escapeXml(title)}</title>
<desc>${escapeXml(description)}</desc>
<g style="white-space:pre">
${body}
</g>
</svg>
`;
}
