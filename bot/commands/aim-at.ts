import type { Target } from '../../storage/database/store.ts';
import { resolveAppEnvironment } from '../../storage/read-config.ts';
import type { CommandContext } from './command.ts';

/**
 * Finds what `shop-prod` means, and says that the command is about it.
 *
 * @throws AvalancheError APP_UNKNOWN or APP_AMBIGUOUS
 */
export async function aimAt(context: CommandContext, text: string, named?: string): Promise<Target> {
  const { application, environment } = resolveAppEnvironment(context.config, text, named);
  const target = { app: application.name, environment: environment.name };
  await context.aim(target);
  return target;
}
