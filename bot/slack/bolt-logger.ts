import { type Logger as BoltLogger, LogLevel } from '@slack/bolt';
import type { Logger } from 'pino';

/** Our log as Slack's packages want one. What they call information is debugging to us. */
export function toBoltLogger(log: Logger): BoltLogger {
  return {
    debug: (...words) => log.trace(join(words)),
    info: (...words) => log.debug(join(words)),
    warn: (...words) => log.warn(join(words)),
    error: (...words) => log.error(join(words)),
    // Ours is one log with one level, set elsewhere.
    setLevel: () => {},
    setName: () => {},
    getLevel: () => (log.isLevelEnabled('trace') ? LogLevel.DEBUG : LogLevel.INFO),
  };
}

function join(words: unknown[]): string {
  return words.map((word) => (word instanceof Error ? word.message : String(word))).join(' ');
}
