import { AvalancheError } from '../storage/errors.ts';
import type { Readiness } from '../storage/readiness.ts';
import { type Running, untilStopped, withEngines } from '../storage/with-engines.ts';
import { withHealth } from '../storage/with-health.ts';
import type { Exploration } from '../workers/exploration.ts';
import { jobNames } from '../workers/jobs.ts';
import { startBot } from './bot.ts';
import { startExplorer } from './explorer/start-explorer.ts';

/**
 * Runs the bot until `stop` is aborted. It holds the Slack tokens, and reaches the workers through the queue alone.
 *
 * @throws AvalancheError SLACK_UNREACHABLE when Slack is not heard any more: a supervisor starts it afresh
 */
export async function runBot(
  place: { environment: NodeJS.ProcessEnv; directory: string },
  stop: AbortSignal,
  {
    openExploration,
    startBeside = async () => {},
  }: {
    /** How the explorer reads recordings: the workers' part. */
    openExploration: (options: { cacheBytes: number }) => Exploration;
    /** What else runs in this process over the same engines. */
    startBeside?: (running: Running, readiness: Readiness) => Promise<void>;
  },
): Promise<void> {
  await withEngines(place, async (running) => {
    await withHealth(running, { stop, jobs: jobNames }, async (readiness) => {
      let bot: Awaited<ReturnType<typeof startBot>> | undefined;
      readiness.add('slack', () => (bot === undefined ? 'no connection to Slack' : bot.findTrouble()));
      await startBeside(running, readiness);
      const lost = new AbortController();
      const explorer = await startExplorer({ ...running, ...running.engines, openExploration });
      try {
        const onLost = (reason: string) => lost.abort(new Error(reason));
        bot = await startBot({ ...running, explorerLink: explorer.link, onLost });
        await untilStopped('bot', running, AbortSignal.any([stop, lost.signal]));
        await bot.stop();
      } finally {
        await explorer.close();
      }
      if (lost.signal.aborted) throw slackLost(lost.signal.reason);
    });
  });
}

function slackLost(cause: Error): AvalancheError {
  return new AvalancheError('SLACK_UNREACHABLE', `Cannot hear Slack any more: ${cause.message}`, {}, cause);
}
