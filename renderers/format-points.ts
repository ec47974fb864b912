/** 0.126 as people read a change: `+13`; a decimal below ten points. The sign is always there, but for zero. */
export function formatPoints(delta: number): string {
  const points = Math.abs(delta) * 100;
  const text = points.toFixed(points > 0 && points < 9.95 ? 1 : 0);
  if (Number(text) === 0) return '±0';
  return `${delta > 0 ? '+' : '−'}${text}`;
}
