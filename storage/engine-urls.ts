import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readS3Url } from './blobs/s3-url.ts';
import type { Problem } from './config-file.ts';
import { describeFound } from './config-problems.ts';
import { readMysqlUrl } from './database/mysql-url.ts';
import { didYouMean } from './nearest-names.ts';
import { readPostgresUrl } from './postgres-url.ts';
import { readRedisUrl } from './redis-url.ts';
import { holdsSecret } from './secrets.ts';

/** A value and where it was given. Paths in it begin at `folder`: the file's own for a value in the file. */
export type Setting = { at: string; value: string; folder: string };

/** The `embedded:FOLDER`, `mysql://…`, `mariadb://…` or `postgres://…` that a setting means; embedded without one. */
export function readDatabaseUrl(setting: Setting | null, dataFolder: string, problems: Problem[]): string {
  const embedded = `embedded:${dataFolder}`;
  if (setting === null) return embedded;
  switch (schemeOf(setting.value)) {
    case 'embedded':
      return embeddedUrl(setting, dataFolder);
    case 'mysql':
    case 'mariadb':
      problems.push(...checkServerUrl(setting, readMysqlUrl));
      return setting.value;
    case 'postgres':
    case 'postgresql':
      problems.push(...checkServerUrl(setting, readPostgresUrl));
      return setting.value;
    default:
      problems.push(unfit(setting, ['embedded', 'mysql', 'mariadb', 'postgres', 'postgresql']));
      return embedded;
  }
}

/** The same for jobs. Without a setting they are where the database is, if that can keep them. */
export function readQueueUrl(
  setting: Setting | null,
  databaseUrl: string,
  dataFolder: string,
  problems: Problem[],
): string {
  const embedded = databaseUrl.startsWith('embedded:') ? databaseUrl : `embedded:${dataFolder}`;
  if (setting === null) return isPostgres(databaseUrl) ? databaseUrl : embedded;
  switch (schemeOf(setting.value)) {
    case 'embedded': {
      const url = setting.value === 'embedded' ? embedded : embeddedUrl(setting, dataFolder);
      if (databaseUrl.startsWith('embedded:') && url !== databaseUrl) {
        problems.push({
          at: setting.at,
          text: `found "${url}", wanted the database's folder, "${databaseUrl}"`,
        });
      }
      return url;
    }
    case 'redis':
    case 'rediss':
    case 'redis+sentinel':
    case 'rediss+sentinel':
    case 'redis+cluster':
    case 'rediss+cluster':
      problems.push(...checkServerUrl(setting, readRedisUrl));
      return setting.value;
    case 'postgres':
    case 'postgresql':
      problems.push(...checkServerUrl(setting, readPostgresUrl));
      return setting.value;
    default:
      problems.push(unfit(setting, ['embedded', ...redisSchemes, 'postgres', 'postgresql']));
      return embedded;
  }
}

/** `s3://…`, or `file:FOLDER`, the folder absolute and spelled as the disk has it. */
export function readBlobUrl(setting: Setting | null, dataFolder: string, problems: Problem[]): string {
  const otherwise = `file:${resolve(dataFolder, 'blobs')}`;
  if (setting === null) return otherwise;
  switch (schemeOf(setting.value)) {
    case 'file':
      return fileUrl(setting, problems) ?? otherwise;
    case 's3':
      problems.push(...checkServerUrl(setting, readS3Url));
      return setting.value;
    default:
      problems.push(unfit(setting, ['file', 's3']));
      return otherwise;
  }
}

function fileUrl({ at, value, folder }: Setting, problems: Problem[]): string | undefined {
  try {
    return `file:${value.startsWith('file://') ? fileURLToPath(value) : resolve(folder, value.slice('file:'.length))}`;
  } catch {
    problems.push({ at, text: `found ${describeFound(value)}, wanted file:FOLDER or file:///FOLDER` });
    return undefined;
  }
}

const redisSchemes = ['redis', 'rediss', 'redis+sentinel', 'redis+cluster'];

const shapes: Record<string, string> = {
  embedded: 'embedded',
  mysql: 'mysql://…',
  mariadb: 'mariadb://…',
  postgres: 'postgres://…',
  postgresql: 'postgresql://…',
  redis: 'redis://…',
  rediss: 'rediss://…',
  'redis+sentinel': 'redis+sentinel://…',
  'redis+cluster': 'redis+cluster://…',
  file: 'file:FOLDER',
  s3: 's3://BUCKET/PREFIX',
};

function unfit({ at, value }: Setting, allowed: readonly string[]): Problem {
  const scheme = schemeOf(value);
  const wanted = allowed.map((name) => shapes[name]).join(', ');
  return {
    at,
    text: `found ${describeScheme(value, scheme)}, wanted one of ${wanted}${didYouMean(scheme, allowed)}`,
  };
}

/** What does not look like a URL may be a password put in the wrong place. */
function describeScheme(value: string, scheme: string): string {
  if (scheme === '' || holdsSecret(value)) return 'a value that is none of them (not shown)';
  return /^[\w-]{1,30}$/.test(value) ? `"${value}"` : `a URL that begins with "${scheme.slice(0, 30)}:"`;
}

function embeddedUrl({ value, folder }: Setting, dataFolder: string): string {
  const given = value.slice('embedded:'.length);
  return `embedded:${given === '' ? dataFolder : resolve(folder, given)}`;
}

/** @param read throws with a message that repeats nothing of the URL */
function checkServerUrl({ at, value }: Setting, read: (url: string) => unknown): Problem[] {
  try {
    read(value);
    return [];
  } catch (error) {
    return [{ at, text: error instanceof Error ? error.message : String(error) }];
  }
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/i.test(url);
}

/** '' for what has none; `embedded` may stand alone. */
function schemeOf(value: string): string {
  if (/^[a-z][\w-]{0,30}$/i.test(value)) return value.toLowerCase();
  return /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase() ?? '';
}
