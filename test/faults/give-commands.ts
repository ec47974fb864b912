import { setTimeout as sleep } from 'node:timers/promises';
import type { Playground } from '../../bot/playground/start-playground.ts';
import type { PlannedCommand } from './plan-commands.ts';

export type GivenCommand = PlannedCommand & {
  /** ms since 1970. */
  givenAt: number;
  /** Slack itself told the person, or would go on telling the app, that nobody took the command. */
  isTaken: boolean;
  /** A mention's own message: its answer is below it. */
  messageTs: string | null;
};

/** Gives each command at its time, as people would: nobody waits for anybody. */
export async function giveCommands(
  playground: Playground,
  planned: readonly PlannedCommand[],
): Promise<GivenCommand[]> {
  return await Promise.all(
    planned.map(async (command) => {
      await sleep(command.atMs);
      const givenAt = Date.now();
      const { channel, user, text } = command;
      if (command.way === 'slash-command') {
        const outcome = await playground.typeCommand({ channel, user, text: `/avalanche ${text}` });
        return { ...command, givenAt, isTaken: outcome.state === 'acknowledged', messageTs: null };
      }
      const { ts, delivery } = await playground.mention({ channel, user, text: `@avalanche ${text}` });
      return { ...command, givenAt, isTaken: delivery?.state === 'acknowledged', messageTs: ts };
    }),
  );
}
