/** One trace event, as far as it is used; its fields are numbers or texts, as the writer likes. */
export type TraceEvent = {
  phase: string;
  name: string;
  /** Numbers in Chrome; anything elsewhere. '' when there is none. */
  pid: string;
  tid: string;
  id: string;
  /** µs; NaN when there is none. */
  timeUs: number;
  durationUs: number;
  args: unknown;
};

/** @returns undefined for what is no event */
export function toTraceEvent(json: unknown): TraceEvent | undefined {
  if (!isRecord(json) || typeof json.ph !== 'string') return undefined;
  return {
    phase: json.ph,
    name: typeof json.name === 'string' ? json.name : '',
    pid: toText(json.pid),
    tid: toText(json.tid),
    id: toText(json.id),
    timeUs: toNumber(json.ts),
    // Some writers give thread time only.
    durationUs: toNumber(json.dur ?? json.tdur),
    args: json.args,
  };
}

export function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** @returns NaN for what is no number, nor a text of one */
export function toNumber(json: unknown): number {
  const number = typeof json === 'string' && json.trim() !== '' ? Number(json) : json;
  return typeof number === 'number' && Number.isFinite(number) ? number : Number.NaN;
}

function toText(json: unknown): string {
  return typeof json === 'string' || typeof json === 'number' ? String(json) : '';
}
