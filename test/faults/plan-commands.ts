import { chooseFrom } from './choose-from.ts';

export type PlannedCommand = {
  /** Since the run began. */
  atMs: number;
  channel: string;
  /** Gives one command in this channel and no other: so both together tell whose answer something is. */
  user: string;
  way: 'slash-command' | 'mention';
  /** What follows `/avalanche` or `@avalanche`. */
  text: string;
};

type Kind = { share: number; write: (app: string) => string; isSlashOnly?: boolean };

/** What people ask for in an incident, and what they get wrong. */
const kinds: readonly Kind[] = [
  { share: 32, write: (app) => `snapshot ${app}` },
  { share: 13, write: (app) => `suspects ${app}` },
  { share: 5, write: (app) => `diff ${app}` },
  { share: 20, write: (app) => `list ${app}` },
  { share: 13, write: () => 'status' },
  { share: 6, write: () => 'cancel', isSlashOnly: true },
  { share: 4, write: () => 'help' },
  { share: 4, write: () => 'snapshot nobody-knows-it' },
  { share: 3, write: () => 'snapshott --please' },
];
const mentionShare = 0.3;

/** Commands spread evenly over the time, their channels in turn. */
export function planCommands(
  random: () => number,
  {
    count,
    channels,
    apps,
    durationMs,
  }: { count: number; channels: number; apps: number; durationMs: number },
): PlannedCommand[] {
  return Array.from({ length: count }, (_, row) => {
    const kind = chooseFrom(kinds, random);
    const app = `app-${Math.floor(random() * apps)}-prod`;
    const isMention = random() < mentionShare && kind.isSlashOnly !== true;
    return {
      atMs: ((row + random()) / count) * durationMs,
      channel: `channel-${row % channels}`,
      user: `person-${Math.floor(row / channels)}`,
      way: isMention ? 'mention' : 'slash-command',
      text: kind.write(app),
    };
  });
}
