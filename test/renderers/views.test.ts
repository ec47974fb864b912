import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boxAt, boxPlace, layoutFlameGraphView } from '../../renderers/flame-graph-view.ts';
import { heatmapCellAt, heatmapSpan, layoutHeatmapView } from '../../renderers/heatmap-view.ts';
import { REST } from '../../renderers/place-boxes.ts';
import { buildCallTree } from '../../storage/profile/call-tree.ts';
import { profileOf } from '../support/profiles.ts';

function inputOf(folded: string) {
  const tree = buildCallTree(profileOf(folded));
  return { ...tree, category: () => 'own' as const, mark: () => 0 };
}
const options = { widthPx: 900, zoom: 0, pixelRatio: 1, isFolded: false, isTouched: false };

describe('the flame graph of a page', () => {
  const input = inputOf('main;handle;parse 6\nmain;handle;render 2\nmain;idle 1');
  const rowOf = (name: string) => Array.from(input.parent.keys()).find((row) => input.name(row) === name)!;

  test('has its root on top, and each box below its caller', () => {
    const view = layoutFlameGraphView(input, options);
    expect(view.rowCount).toBe(4);
    expect(boxPlace(view, 0)).toEqual({ leftPx: 0, topPx: 0, widthPx: 900, heightPx: 20 });
    for (let box = 1; box < view.boxes.row.length; box++) {
      const [callee, caller] = [boxPlace(view, box), boxPlace(view, view.boxes.parent[box]!)];
      expect(callee.topPx).toBe(caller.topPx + 20);
      expect(callee.leftPx).toBeGreaterThanOrEqual(caller.leftPx);
      expect(callee.leftPx + callee.widthPx).toBeLessThanOrEqual(caller.leftPx + caller.widthPx);
    }
  });

  test('zoomed, a row is as wide as the page, and so are its callers', () => {
    const view = layoutFlameGraphView(input, { ...options, zoom: rowOf('render') });
    const names = Array.from(view.boxes.row, (row) => (row === REST ? '…' : input.name(row)));
    expect(names).toEqual(['all', 'main', 'handle', 'render']);
    for (const box of view.boxes.row.keys()) expect(boxPlace(view, box).widthPx).toBe(900);
  });

  test('the box at the middle of any box is that box', () => {
    const view = layoutFlameGraphView(input, options);
    for (const box of view.boxes.row.keys()) {
      const { leftPx, topPx, widthPx, heightPx } = boxPlace(view, box);
      expect(boxAt(view, leftPx + widthPx / 2, topPx + heightPx / 2)).toBe(box);
    }
    expect(boxAt(view, 10, 900)).toBe(-1);
  });
});

describe('the heatmap of a page', () => {
  const view = layoutHeatmapView(
    { counts: new Uint32Array(19 * 50), rows: 50 },
    { widthPx: 1900, heightPx: 500 },
  );

  test('is read upwards, and places outside are those at its edge', () => {
    expect(heatmapCellAt(view, 450, 499)).toEqual({ second: 4, row: 0 });
    expect(heatmapCellAt(view, 450, 1)).toEqual({ second: 4, row: 49 });
    expect(heatmapCellAt(view, -5, 9_999)).toEqual({ second: 0, row: 0 });
    expect(heatmapCellAt(view, 9_999, -5)).toEqual({ second: 18, row: 49 });
  });

  test('a span is one stretch of time, whichever cell came first', () => {
    const cells = fc.record({ second: fc.nat(18), row: fc.nat(49) });
    fc.assert(
      fc.property(cells, cells, (one, other) => {
        const { fromMs, toMs } = heatmapSpan(view, one, other);
        expect(heatmapSpan(view, other, one)).toEqual({ fromMs, toMs });
        expect(toMs - fromMs).toBeGreaterThanOrEqual(20);
        for (const { second, row } of [one, other]) {
          expect(second * 1000 + row * 20).toBeGreaterThanOrEqual(fromMs);
          expect(second * 1000 + row * 20).toBeLessThan(toMs);
        }
      }),
    );
    expect(heatmapSpan(view, { second: 4, row: 0 }, { second: 6, row: 49 })).toEqual({
      fromMs: 4000,
      toMs: 7000,
    });
  });
});
