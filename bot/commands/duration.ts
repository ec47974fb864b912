const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** A day: more than any recorder keeps, and far from where numbers lose milliseconds. */
const longestMs = 86_400_000;

/**
 * `90s`, `10m`, `1h30m`, `500ms`, `1.5s`; a number alone is seconds.
 *
 * @returns milliseconds; undefined when the text is no duration, or longer than a day
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (/^\d{1,9}(\.\d{1,6})?$/.test(trimmed)) return bounded(Number(trimmed) * 1_000);
  if (!/^(\d{1,9}(\.\d{1,6})?(ms|min|m|s|h))+$/.test(trimmed)) return undefined;
  const parts = trimmed.matchAll(/([\d.]+)(ms|min|m|s|h)/g);
  let totalMs = 0;
  for (const [, amount = '', unit = ''] of parts) totalMs += Number(amount) * (unitMs[unit] ?? Number.NaN);
  return bounded(totalMs);
}

function bounded(ms: number): number | undefined {
  return ms <= longestMs ? Math.round(ms) : undefined;
}

/** `2d`, `36h`, `90m`: how long ago. Undefined when the text is no such time, or one of more than ten years. */
export function parseAge(text: string): number | undefined {
  const days = /^(\d{1,4})d$/i.exec(text.trim())?.[1];
  if (days !== undefined) return Number(days) <= 3_650 ? Number(days) * longestMs : undefined;
  const hours = /^(\d{1,5})h$/i.exec(text.trim())?.[1];
  return hours === undefined ? parseDuration(text) : Number(hours) * 3_600_000;
}
