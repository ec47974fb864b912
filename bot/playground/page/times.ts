/** Slack timestamps (`1764028800.000123`) as people read them, in the reader's own time zone and language. */
export const toMilliseconds = (ts: string): number => Number(ts) * 1000;

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', month: 'long', day: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export const formatTime = (ts: string): string => time.format(toMilliseconds(ts));
export const formatFullTime = (ts: string): string => full.format(toMilliseconds(ts));

export function formatDay(ts: string): string {
  const name = day.format(toMilliseconds(ts));
  if (name === day.format(Date.now())) return 'Today';
  return name === day.format(Date.now() - 86_400_000) ? 'Yesterday' : name;
}
