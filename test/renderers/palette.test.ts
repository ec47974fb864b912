import { describe, expect, test } from 'vitest';
import { codeCategories } from '../../renderers/code-category.ts';
import { heatColour, heatmapPaints, mostShades } from '../../renderers/heatmap-colours.ts';
import { palettes } from '../../renderers/palette.ts';
import { contrast, deficiencies, distanceSeen } from '../support/colours.ts';

/** WCAG 2 of text, and of what is no text but must be seen. */
const legible = 4.5;
const visible = 3;

describe.each(['light', 'dark'] as const)('colours on %s', (theme) => {
  const { background, category, suspect, root, rest, ...page } = palettes[theme];
  const boxes = [
    suspect,
    root,
    rest,
    ...codeCategories.flatMap((kind) =>
      category[kind].fills.map((fill) => ({ fill, text: category[kind].text })),
    ),
  ];

  test.each(boxes)('bear their text: $fill with $text', ({ fill, text }) => {
    expect(contrast(fill, text)).toBeGreaterThan(legible);
  });

  test.each(['title', 'text', 'quiet', 'alarm'] as const)('let the %s be read', (kind) => {
    expect(contrast(background, page[kind])).toBeGreaterThan(legible);
  });

  test('let a suspect stand out: its outline from every box and from the background', () => {
    const grounds = [background, ...boxes.map(({ fill }) => fill)];
    for (const ground of grounds.filter((fill) => contrast(fill, suspect.outline) < visible)) {
      // Its own red, and what is as light as the outline: there the red itself is the contrast.
      expect(ground === suspect.fill || contrast(ground, suspect.fill) > 1.5).toBe(true);
    }
    expect(contrast(background, suspect.outline)).toBeGreaterThan(visible);
  });

  test.each(deficiencies)('tell own code, and suspects, from all else for eyes with %s', (deficiency) => {
    const others = codeCategories.filter((kind) => kind !== 'own').map((kind) => category[kind].fills[0]);
    for (const other of others) {
      expect(distanceSeen(category.own.fills[0], other, deficiency)).toBeGreaterThan(0.1);
    }
    for (const other of [category.own.fills[0], ...others]) {
      const apart = distanceSeen(suspect.fill, other, deficiency);
      expect(apart > 0.08 || contrast(suspect.fill, other) > 1.5).toBe(true);
    }
  });

  test('make more samples stand further from the background', () => {
    const shades = Array.from({ length: mostShades }, (_, index) =>
      heatColour((index + 1) / mostShades, theme),
    );
    const contrasts = [heatmapPaints[theme].empty, ...shades].map((shade) => contrast(background, shade));
    expect(contrasts).toEqual(contrasts.toSorted((a, b) => a - b));
  });
});
