import { openEngines } from '../storage/open-engines.ts';
import { openLog } from '../storage/open-log.ts';
import { readConfig } from '../storage/read-config.ts';
import { startBot } from './bot.ts';

/** Runs the bot until `stop` is aborted. It holds the Slack tokens, and reaches the workers through the queue alone. */
export async function runBot(
  environment: NodeJS.ProcessEnv,
  directory: string,
  stop: AbortSignal,
): Promise<void> {
  const config = readConfig({ environment, directory });
  const log = openLog(environment);
  const engines = await openEngines(config, (error) =>
    log.warn({ err: error }, 'Queue connection in trouble'),
  );
  try {
    const bot = await startBot({ config, engines, log });
    log.info({ engines: await engines.describe() }, 'Bot started');
    await new Promise<void>((done) => stop.addEventListener('abort', () => done(), { once: true }));
    log.info('Bot stopping');
    await bot.stop();
  } finally {
    await engines.close();
  }
}
