import type { Context2D } from './context-2d.ts';
import type { FlameGraphLayout } from './flame-graph-layout.ts';
import type { MeasureText } from './label.ts';
import { measureWith } from './measure-text.ts';
import { type Palette, palettes, type Theme } from './palette.ts';

/** What every part of the drawing needs. Sizes are those at the reference width of 1600 px. */
export type Brush<Layout extends { scale: number } = FlameGraphLayout> = {
  context: Context2D;
  layout: Layout;
  theme: Theme;
  palette: Palette;
  px(size: number): number;
  /** Sets the font and gives its measure. */
  setFont(size: number, weight?: 'bold'): MeasureText;
};

/** What of a picture's options the brush takes. */
type Look = { fontFamily?: string | undefined; theme?: Theme | undefined };

const defaultFontFamily = '"DejaVu Sans", Verdana, sans-serif';

export function makeBrush<Layout extends { scale: number }>(
  context: Context2D,
  layout: Layout,
  { fontFamily = defaultFontFamily, theme = 'light' }: Look,
): Brush<Layout> {
  const px = (size: number) => Math.round(size * layout.scale);
  const measures = new Map<string, MeasureText>();
  const setFont: Brush['setFont'] = (size, weight) => {
    const font = `${weight === undefined ? '' : `${weight} `}${px(size)}px ${fontFamily}`;
    context.font = font;
    const measure = measures.get(font) ?? measureWith(context);
    measures.set(font, measure);
    return measure;
  };
  return { context, layout, theme, palette: palettes[theme], px, setFont };
}
