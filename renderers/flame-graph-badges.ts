import type { Brush } from './flame-graph-brush.ts';
import { boxTopPx, type FlameGraphLayout } from './flame-graph-layout.ts';
import { badgePaint } from './palette.ts';

/** A suspect's number on a disc, on its box or above the flames with a line to it. */
export type Badge = {
  rank: number;
  box: number;
  xPx: number;
  yPx: number;
  radiusPx: number;
  hasLeader: boolean;
};

/** Radius at the reference width: after the reduction to a phone's 400 px the disc still measures 15 px. */
const radius = 30;

/**
 * One badge for each rank, on the widest of its boxes.
 *
 *     ┌──────────────────────┐         ②
 *     │ ① computeDiscounts   │        ╱      a box too narrow for a disc gets it above the flames
 *     └──────────────────────┘  │▌│▐
 *
 * Badges do not cover each other. One whose rank is in no box is left out; the legend still names it.
 */
export function placeBadges(layout: FlameGraphLayout): Badge[] {
  const radiusPx = Math.round(radius * layout.scale);
  const skyline = findSkyline(layout);
  const badges: Badge[] = [];
  for (const { rank, box } of widestMarks(layout)) {
    const place =
      placeOnBox(layout, box, radiusPx, badges) ?? placeAbove(layout, box, radiusPx, badges, skyline);
    badges.push({ rank, box, radiusPx, ...place });
  }
  return badges;
}

function widestMarks({ marks, boxes }: FlameGraphLayout): FlameGraphLayout['marks'] {
  const widthOf = (box: number) => boxes.rightPx[box]! - boxes.leftPx[box]!;
  const widest = new Map<number, number>();
  for (const { rank, box } of marks) {
    const before = widest.get(rank);
    if (before === undefined || widthOf(box) > widthOf(before)) widest.set(rank, box);
  }
  return [...widest].map(([rank, box]) => ({ rank, box })).sort((a, b) => a.rank - b.rank);
}

type Place = Pick<Badge, 'xPx' | 'yPx' | 'hasLeader'>;

/** At the left end of the box, where its label begins; further right where another badge is in the way. */
function placeOnBox(
  layout: FlameGraphLayout,
  box: number,
  radiusPx: number,
  badges: readonly Badge[],
): Place | null {
  const edgePx = Math.round(radiusPx * 1.3);
  const { topPx, bottomPx } = layout.graph;
  const middlePx = boxTopPx(layout, box) + layout.rowHeightPx / 2;
  // A disc is higher than a row: in the lowest and the highest one it would leave the graph.
  const yPx = Math.max(topPx + radiusPx, Math.min(middlePx, bottomPx - radiusPx));
  for (
    let xPx = layout.boxes.leftPx[box]! + edgePx;
    xPx + edgePx <= layout.boxes.rightPx[box]!;
    xPx += radiusPx / 2
  ) {
    if (isFree(xPx, yPx, radiusPx, badges)) return { xPx, yPx, hasLeader: false };
  }
  return null;
}

/** Beyond the last box of the columns that the disc takes (above it, in an icicle below), as near to its own box as is free. */
function placeAbove(
  layout: FlameGraphLayout,
  box: number,
  radiusPx: number,
  badges: readonly Badge[],
  skyline: Int32Array,
): Place {
  const { leftPx, rightPx, topPx, bottomPx } = layout.graph;
  const centrePx = (layout.boxes.leftPx[box]! + layout.boxes.rightPx[box]!) / 2;
  const placeAt = (wantedPx: number): Place => {
    const xPx = Math.min(rightPx - radiusPx, Math.max(leftPx + radiusPx, wantedPx));
    const columns = skyline.subarray(Math.floor(xPx - radiusPx), Math.floor(xPx + radiusPx) + 1);
    const yPx = layout.growsDown
      ? Math.min(bottomPx - radiusPx, columns.reduce((a, b) => Math.max(a, b), topPx) + radiusPx * 1.4)
      : Math.max(topPx + radiusPx, columns.reduce((a, b) => Math.min(a, b), bottomPx) - radiusPx * 1.4);
    return { xPx, yPx, hasLeader: true };
  };
  for (let step = 0; step * radiusPx < rightPx - leftPx; step++) {
    for (const side of [1, -1]) {
      const place = placeAt(centrePx + side * step * radiusPx);
      if (isFree(place.xPx, place.yPx, radiusPx, badges)) return place;
    }
  }
  return placeAt(centrePx);
}

function isFree(xPx: number, yPx: number, radiusPx: number, badges: readonly Badge[]): boolean {
  return badges.every((badge) => Math.hypot(badge.xPx - xPx, badge.yPx - yPx) >= radiusPx * 2.2);
}

/** For each column of px, the outer edge of the last box in it. */
function findSkyline(layout: FlameGraphLayout): Int32Array {
  const { topPx, bottomPx } = layout.graph;
  const skyline = new Int32Array(layout.widthPx).fill(layout.growsDown ? topPx : bottomPx);
  const { row, leftPx, rightPx } = layout.boxes;
  for (let box = 0; box < row.length; box++) {
    const top = boxTopPx(layout, box);
    // Callers come first, so what is written later is further out.
    skyline.fill(layout.growsDown ? top + layout.rowHeightPx : top, leftPx[box], rightPx[box]);
  }
  return skyline;
}

export function drawBadge(brush: Brush, { rank, box, xPx, yPx, radiusPx, hasLeader }: Badge): void {
  if (hasLeader) drawLeader(brush, box, xPx, yPx);
  drawDisc(brush, rank, xPx, yPx, radiusPx);
}

/** White number on black, ringed in white: it stands out from every colour of box and from the page. */
export function drawDisc(
  { context, layout, px, setFont }: Pick<Brush<{ scale: number }>, 'context' | 'layout' | 'px' | 'setFont'>,
  rank: number,
  xPx: number,
  yPx: number,
  radiusPx: number,
): void {
  fillCircle(context, xPx, yPx, radiusPx, badgePaint.ring);
  fillCircle(context, xPx, yPx, radiusPx - px(4), badgePaint.disc);
  setFont((radiusPx / layout.scale) * (rank < 10 ? 1.3 : 0.95), 'bold');
  context.fillStyle = badgePaint.ring;
  context.textAlign = 'center';
  context.fillText(String(rank), xPx, yPx + px(1));
  context.textAlign = 'left';
}

function drawLeader({ context, layout, px }: Brush, box: number, xPx: number, yPx: number): void {
  const fromXPx = (layout.boxes.leftPx[box]! + layout.boxes.rightPx[box]!) / 2;
  const fromYPx = boxTopPx(layout, box) + layout.rowHeightPx / 2;
  for (const [colour, width] of [
    [badgePaint.ring, 9],
    [badgePaint.disc, 4],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = px(width);
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(fromXPx, fromYPx);
    context.lineTo(xPx, yPx);
    context.stroke();
  }
  fillCircle(context, fromXPx, fromYPx, px(7), badgePaint.disc);
}

function fillCircle(
  context: Brush['context'],
  xPx: number,
  yPx: number,
  radiusPx: number,
  colour: string,
): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(xPx, yPx, radiusPx, 0, Math.PI * 2);
  context.fill();
}
