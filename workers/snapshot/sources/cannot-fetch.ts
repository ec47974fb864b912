import type { Limits } from '../../../storage/config.ts';
import { AvalancheError, type ErrorCode } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';

/** An error about one recording, its path as others wrote it. */
export function cannotFetch(code: ErrorCode, path: string, state: string, cause?: unknown): AvalancheError {
  return new AvalancheError(code, `Cannot fetch "${showOutsideName(path)}": ${state}`, {}, cause);
}

/** @param size what came or was announced: `1001 bytes`, `more than 1000 bytes` */
export function archiveTooLarge(path: string, size: string, { archiveBytes }: Limits): AvalancheError {
  return cannotFetch('ARCHIVE_TOO_LARGE', path, `${size} (at most limits.archiveBytes ${archiveBytes})`);
}
