import { type DestinationStream, type Logger, pino } from 'pino';
import { redactSecrets } from './secrets.ts';

/** Fields that hold secrets wherever they turn up, one and two levels deep. */
const secretFields = [
  'token',
  'botToken',
  'appToken',
  'signingSecret',
  'authorization',
  'password',
  'headers',
  'url_private',
];

/**
 * The program's log: JSON lines with a fixed text and fields. Secrets are taken out here, so that no caller
 * has to think of it: known fields by name, and anything that looks like one in the finished line.
 */
export function openLog(
  environment: NodeJS.ProcessEnv,
  destination: DestinationStream = pino.destination({ fd: 2, sync: false }),
): Logger {
  const redacting: DestinationStream = { write: (line) => destination.write(redactSecrets(line)) };
  return pino(
    {
      level: environment.AVALANCHE_LOG_LEVEL ?? 'info',
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[secret]',
      },
    },
    redacting,
  );
}
