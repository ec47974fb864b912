import type { Channel } from '../model.ts';

/** Where the reader is. In the address as `#C0INCIDENTS/thread/1764028800.000123/at/1764028801.000200`. */
export type Place = {
  channel: string;
  threadTs: string | null;
  highlightedTs: string | null;
  /** Which pane a phone shows; a wide window shows them side by side. */
  view: 'channels' | 'channel' | 'thread';
};

export function readPlace(channels: readonly Channel[]): Place {
  const [first, ...rest] = decodeURIComponent(location.hash.slice(1)).split('/');
  const channel = channels.find(({ id }) => id === first)?.id ?? channels[0]?.id ?? '';
  const part = (name: string) => (rest.includes(name) ? (rest[rest.indexOf(name) + 1] ?? null) : null);
  const threadTs = part('thread');
  return {
    channel,
    threadTs,
    highlightedTs: part('at'),
    view: first === 'channels' ? 'channels' : threadTs === null ? 'channel' : 'thread',
  };
}

export const channelAddress = (channel: string): string => `#${channel}`;
export const threadAddress = (channel: string, ts: string): string => `#${channel}/thread/${ts}`;

/** A permalink (`/archives/C1/p1764028800000123?thread_ts=…`) leads to the same page; its address becomes ours. */
export function replacePermalink(): void {
  const match = /^\/archives\/(\w+)(?:\/p(\d{10,})(\d{6}))?$/.exec(location.pathname);
  if (match === null) return;
  const [, channel, seconds, micros] = match;
  const threadTs = new URLSearchParams(location.search).get('thread_ts');
  const thread = threadTs === null ? '' : `/thread/${encodeURIComponent(threadTs)}`;
  history.replaceState(
    null,
    '',
    `/#${channel}${thread}${seconds === undefined ? '' : `/at/${seconds}.${micros}`}`,
  );
}
