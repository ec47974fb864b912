import { nearestNames } from '../../storage/nearest-names.ts';
import { followUpExamples } from './follow-up.ts';
import { formatNames } from './format-names.ts';

/** Why there is no such command, with what was probably meant. */
export function suggestCommand(wanted: string, commands: readonly { name: string }[]): string {
  const names = commands.map(({ name }) => name);
  const near = nearestNames(wanted.toLowerCase(), names);
  const hint =
    near.length > 0
      ? `did you mean ${formatNames(near)}?`
      : `there is ${formatNames(names)}; in the thread of a snapshot also ${followUpExamples}`;
  return `Cannot run "${wanted}": there is no such command (${hint})`;
}
