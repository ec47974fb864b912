import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FlameGraphInput,
  type FlameGraphLayout,
  layoutFlameGraph,
} from '../../renderers/flame-graph.ts';
import { placeBadges } from '../../renderers/flame-graph-badges.ts';
import { boxTopPx } from '../../renderers/flame-graph-layout.ts';
import { REST } from '../../renderers/place-boxes.ts';
import { foldedStacks, inputOf, optionsOf } from './flame-graph-input.ts';

/** Boxes as text, lowest first: `name left-right`; `…` for siblings taken together. */
function formatBoxes(input: FlameGraphInput, { boxes }: FlameGraphLayout): string[] {
  return Array.from(boxes.row, (row, box) => {
    const folded = boxes.foldedCount[box] === 0 ? '' : ` +${boxes.foldedCount[box]}`;
    const name = row === REST ? '…' : input.name(row) + folded;
    return `${'  '.repeat(boxes.depth[box]!)}${name} ${boxes.leftPx[box]}-${boxes.rightPx[box]}`;
  });
}

/** So wide that the graph is 1000 px between its margins. */
const thousandPx = { widthPx: 1042 };

describe('layout of a flame graph', () => {
  test('places callees on their caller, the largest at its left edge', () => {
    const input = inputOf(`
      main;idle 1
      main;handle;parse 3
      main;handle;render 5
      main 1`);
    const layout = layoutFlameGraph(input, optionsOf(thousandPx));
    expect(layout.graph).toMatchObject({ leftPx: 21, rightPx: 1021 });
    expect(formatBoxes(input, layout)).toEqual([
      'all 21-1021',
      '  main 21-1021',
      '    handle 21-821',
      '    idle 821-921',
      '      render 21-521',
      '      parse 521-821',
    ]);
  });

  test('orders callees of one size by name', () => {
    const input = inputOf('main;zebra 1\nmain;ape 1');
    expect(formatBoxes(input, layoutFlameGraph(input, optionsOf(thousandPx))).slice(2)).toEqual([
      '    ape 21-521',
      '    zebra 521-1021',
    ]);
  });

  test('takes callees too narrow for a box together and counts them', () => {
    const small = Array.from({ length: 100 }, (_, index) => `main;small${index};leaf 1`).join('\n');
    const input = inputOf(`main;large 9800\n${small}\nmain 100`);
    const layout = layoutFlameGraph(input, optionsOf({ ...thousandPx, minimumWidthPx: 0.5 }));
    expect(formatBoxes(input, layout)).toEqual([
      'all 21-1021',
      '  main 21-1021',
      '    large 21-1001',
      '    … 1001-1011',
    ]);
    expect(layout.narrowFrameCount).toBe(200);
    expect(layout.narrowRatio).toBeCloseTo(0.01);
  });

  test('has no boxes without samples', () => {
    const layout = layoutFlameGraph(inputOf(''), optionsOf());
    expect(layout.boxes.row).toHaveLength(0);
    expect(layout.heightPx).toBeGreaterThan(0);
  });

  test('draws a single frame in high rows', () => {
    const layout = layoutFlameGraph(inputOf('main 1'), optionsOf());
    expect(layout.boxes.row).toHaveLength(2);
    expect(layout.rowHeightPx).toBe(46);
  });

  test('leaves out spires that hold next to nothing where there are many rows', () => {
    const spire = Array.from({ length: 60 }, (_, index) => `s${index}`).join(';');
    const layout = layoutFlameGraph(inputOf(`main;work 999\nmain;${spire} 5`), optionsOf());
    expect(Math.max(...layout.boxes.depth)).toBe(29);
    expect(layout.deeperFrameCount).toBe(62 - 30);
    expect(layout.deeperRatio).toBeCloseTo(5 / 1004);
  });

  test('cuts a stack deeper than the picture may be high, and says how much', () => {
    const deep = Array.from({ length: 500 }, (_, index) => `f${index}`).join(';');
    const layout = layoutFlameGraph(inputOf(`${deep} 10`, ['f499']), optionsOf());
    expect(layout.heightPx).toBeLessThanOrEqual(1400);
    expect(layout.deeperFrameCount).toBe(501 - (Math.max(...layout.boxes.depth) + 1));
    expect(layout.deeperRatio).toBe(1);
    expect(layout.marks, 'marks the nearest caller that is drawn').toEqual([
      { rank: 1, box: layout.boxes.row.length - 1 },
    ]);
  });

  test('makes one row of frames that pass on, once there are many rows', () => {
    const tower = Array.from({ length: 40 }, () => 'rt:loop').join(';');
    const input = inputOf(`main;${tower};handle;k:write;k:copy 10`);
    expect(formatBoxes(input, layoutFlameGraph(input, optionsOf(thousandPx)))).toEqual([
      'all 21-1021',
      '  main 21-1021',
      '    loop +39 21-1021',
      '      handle 21-1021',
      '        write +1 21-1021',
    ]);
  });

  test('never folds own code or suspects', () => {
    const tower = Array.from({ length: 20 }, (_, index) => `own${index};rt:a${index};rt:b${index}`).join(';');
    const input = inputOf(`${tower} 10`, ['b3']);
    const shown = new Set(
      Array.from(layoutFlameGraph(input, optionsOf()).boxes.row, (row) => input.name(row)),
    );
    expect([...shown]).toContain('b3');
    for (let index = 0; index < 20; index++) expect(shown).toContain(`own${index}`);
    expect(shown).not.toContain('b4');
  });
});

describe('layout of any recording', () => {
  const layoutOf = (folded: string, widthPx: number, isIcicle = false) => {
    const input = inputOf(folded, ['a', 'd', 'h']);
    return { input, layout: layoutFlameGraph(input, optionsOf({ widthPx, isIcicle })) };
  };
  const anyWidth = fc.integer({ min: 300, max: 3000 });

  test('keeps boxes inside their caller, in rows, without overlap', () => {
    fc.assert(
      fc.property(foldedStacks, anyWidth, (folded, widthPx) => {
        const { boxes } = layoutOf(folded, widthPx).layout;
        const rightOfRow = new Map<string, number>();
        for (let box = 1; box < boxes.row.length; box++) {
          const caller = boxes.parent[box]!;
          expect(boxes.depth[box]).toBe(boxes.depth[caller]! + 1);
          expect(boxes.leftPx[box]).toBeGreaterThanOrEqual(boxes.leftPx[caller]!);
          expect(boxes.rightPx[box]).toBeLessThanOrEqual(boxes.rightPx[caller]!);
          const row = `${boxes.depth[box]}`;
          expect(boxes.leftPx[box]).toBeGreaterThanOrEqual(rightOfRow.get(row) ?? 0);
          rightOfRow.set(row, boxes.rightPx[box]!);
        }
      }),
    );
  });

  test('makes widths proportional to totals, to a px', () => {
    fc.assert(
      fc.property(foldedStacks, anyWidth, (folded, widthPx) => {
        const { input, layout } = layoutOf(folded, widthPx);
        const { boxes, graph } = layout;
        for (let box = 0; box < boxes.row.length; box++) {
          if (boxes.row[box] === REST) continue;
          const exactPx = (input.total[boxes.row[box]!]! / input.total[0]!) * (graph.rightPx - graph.leftPx);
          expect(Math.abs(boxes.rightPx[box]! - boxes.leftPx[box]! - exactPx)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('stays inside the picture and under its greatest height', () => {
    fc.assert(
      fc.property(foldedStacks, anyWidth, fc.boolean(), (folded, widthPx, isIcicle) => {
        const { layout } = layoutOf(folded, widthPx, isIcicle);
        expect(layout.heightPx).toBeLessThanOrEqual(Math.ceil(widthPx * 0.875) + 1);
        for (let box = 0; box < layout.boxes.row.length; box++) {
          const topPx = boxTopPx(layout, box);
          expect(topPx).toBeGreaterThanOrEqual(layout.graph.topPx);
          expect(topPx + layout.rowHeightPx).toBeLessThanOrEqual(layout.graph.bottomPx);
        }
      }),
    );
  });

  test('draws or counts every frame', () => {
    fc.assert(
      fc.property(foldedStacks, anyWidth, (folded, widthPx) => {
        const { input, layout } = layoutOf(folded, widthPx);
        const drawn = layout.boxes.row.filter((row) => row !== REST).length;
        expect(drawn + layout.foldedFrameCount + layout.deeperFrameCount + layout.narrowFrameCount).toBe(
          input.parent.length,
        );
      }),
    );
  });

  test('puts one badge a suspect into the graph, clear of the others', () => {
    const deepest = `${Array.from({ length: 90 }, (_, depth) => `own${depth}`).join(';')};a 1`;
    fc.assert(
      fc.property(foldedStacks, anyWidth, fc.boolean(), (folded, widthPx, isIcicle) => {
        const { layout } = layoutOf(folded, widthPx, isIcicle);
        const badges = placeBadges(layout);
        expect(badges.map(({ rank }) => rank)).toEqual(
          [...new Set(layout.marks.map(({ rank }) => rank))].sort((a, b) => a - b),
        );
        for (const [index, badge] of badges.entries()) {
          expect(badge.xPx - badge.radiusPx).toBeGreaterThanOrEqual(layout.graph.leftPx);
          expect(badge.xPx + badge.radiusPx).toBeLessThanOrEqual(layout.graph.rightPx);
          expect(badge.yPx - badge.radiusPx).toBeGreaterThanOrEqual(layout.graph.topPx);
          expect(badge.yPx + badge.radiusPx).toBeLessThanOrEqual(layout.graph.bottomPx);
          for (const other of badges.slice(0, index)) {
            expect(Math.hypot(badge.xPx - other.xPx, badge.yPx - other.yPx)).toBeGreaterThanOrEqual(
              badge.radiusPx * 2,
            );
          }
        }
      }),
      // A suspect in the highest row drawn, which is lower than its badge.
      { examples: [false, true].map((isIcicle) => [deepest, 1600, isIcicle]) },
    );
  });
});
