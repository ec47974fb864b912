import type { Logger } from 'pino';
import { readButton } from '../buttons/button-actions.ts';
import type { CommandInput, CommandOutcome } from '../run-command.ts';
import { isOwnTeam, type SlackIdentity } from './identity.ts';
import type { Press } from './press.ts';

/** Fingers press twice, and two people press the same: in this time it is one request. */
const repeatWindowMs = 60_000;

type Pressing = {
  identity: SlackIdentity;
  log: Logger;
  runCommand: (input: CommandInput) => Promise<CommandOutcome>;
  /** Tells whoever pressed, and nobody else. */
  whisper: (press: Press, said: CommandOutcome | string) => Promise<void>;
};

/**
 * A pressed button is the command that it stands for, given by whoever pressed it, answered in its thread. Of the
 * press itself only the person hears: when nothing was begun, or when nothing could even be recorded.
 */
export async function answerPress(press: Press, { identity, log, runCommand, whisper }: Pressing) {
  const { userId, channelId, messageTs, threadTs, actionId, value, enterpriseId } = press;
  const teamId = press.teamId ?? identity.teamId;
  if (!isOwnTeam(identity, { teamId, enterpriseId })) {
    log.info({ channel: channelId, teamId }, 'Button pressed from another workspace ignored');
    return whisper(press, 'Avalanche answers to people of its own workspace only');
  }
  const words = readButton(actionId, value);
  if (words === undefined) {
    return whisper(press, 'This button is of another version of Avalanche: type the command instead');
  }
  const outcome = await runCommand({
    source: 'button',
    typed: words,
    teamId,
    channelId,
    threadTs,
    userId,
    repeat: { identity: [teamId, channelId, messageTs, actionId, value ?? ''], windowMs: repeatWindowMs },
  });
  if (outcome.state === 'repeated' || !outcome.isRecorded) await whisper(press, outcome);
}
