import type { Limits } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';

/** A recording that exceeds a limit of the configuration. */
export function tooLarge(name: string, state: string, limit: keyof Limits): AvalancheError {
  return new AvalancheError(
    'RECORDING_TOO_LARGE',
    `Cannot read "${name}": ${state} (set by limits.${limit})`,
  );
}

/** A recording that is cut off or contradicts itself: `state` says format, place and what was expected. */
export function damaged(name: string, state: string, cause?: unknown): AvalancheError {
  return new AvalancheError('RECORDING_DAMAGED', `Cannot read "${name}": ${state}`, {}, cause);
}
