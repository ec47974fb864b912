import { type DestinationStream, type Logger, pino } from 'pino';

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

/** What secrets look like inside longer texts: Slack tokens, passwords in URLs, signatures in links. */
const secretTexts: [RegExp, string][] = [
  [/\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}/g, '[secret]'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi, '$1[secret]@'],
  [/([?&](?:signature|sig|token|X-Amz-[A-Za-z-]+)=)[^&\s"]+/gi, '$1[secret]'],
];

function redact(text: string): string {
  return secretTexts.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);
}

/**
 * The program's log: JSON lines with a fixed text and fields. Secrets are taken out here, so that no caller
 * has to think of it: known fields by name, and anything that looks like one in the finished line.
 */
export function openLog(
  environment: NodeJS.ProcessEnv,
  destination: DestinationStream = pino.destination({ fd: 2, sync: false }),
): Logger {
  const redacting: DestinationStream = { write: (line) => destination.write(redact(line)) };
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
