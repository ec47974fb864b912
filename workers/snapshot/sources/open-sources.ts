import type { EnvironmentConfig, LogServerConfig } from '../../../storage/config.ts';
import { openLogServerDisk } from './log-server-disk.ts';
import type { RecordingSource } from './source.ts';

/** The kinds of log servers: one line for each file beside this one. */
const logServers: {
  [Kind in LogServerConfig['kind']]: (
    config: Extract<LogServerConfig, { kind: Kind }>,
    environment: string,
  ) => RecordingSource;
} = {
  disk: openLogServerDisk,
};

/**
 * The sources of an environment, in the order of the configuration.
 *
 * @throws AvalancheError CONFIG_INVALID when a path template is none
 */
export function openSources(environment: EnvironmentConfig): RecordingSource[] {
  return environment.logServers.map((config) => logServers[config.kind](config, environment.name));
}
