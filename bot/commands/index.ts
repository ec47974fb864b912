import { apps } from './apps.ts';
import { audit } from './audit.ts';
import { cancel } from './cancel.ts';
import type { Command } from './command.ts';
import { diff } from './diff.ts';
import { doctor } from './doctor.ts';
import { env } from './env.ts';
import { exportBundle } from './export.ts';
import { help } from './help.ts';
import { list } from './list.ts';
import { pin } from './pin.ts';
import { pods } from './pods.ts';
import { retry } from './retry.ts';
import { revoke } from './revoke.ts';
import { snapshot } from './snapshot.ts';
import { status } from './status.ts';
import { suspects } from './suspects.ts';
import { unpin } from './unpin.ts';
import { zoom } from './zoom.ts';

/** Every command, in the order in which `help` lists them. */
export const commands: readonly Command[] = [
  snapshot,
  suspects,
  zoom,
  diff,
  exportBundle,
  list,
  apps,
  env,
  pods,
  pin,
  unpin,
  cancel,
  retry,
  revoke,
  audit,
  status,
  doctor,
  help,
];
