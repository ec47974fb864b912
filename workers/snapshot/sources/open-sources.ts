import type { EnvironmentConfig, LogServerConfig } from '../../../storage/config.ts';
import { openLogServerDisk } from './log-server-disk.ts';
import { openLogServerHttp } from './log-server-http.ts';
import type { RecordingSource } from './source.ts';

/** The kinds of log servers: one line for each file beside this one. */
const logServers: {
  [Kind in LogServerConfig['kind']]: (
    config: Extract<LogServerConfig, { kind: Kind }>,
    environment: string,
  ) => RecordingSource;
} = {
  disk: openLogServerDisk,
  http: openLogServerHttp,
};

/**
 * The sources of an environment, in the order of the configuration. The second of a kind gets a kind of
 * its own (`log-server-disk-2`): a locator means nothing to any other source than the one that gave it.
 *
 * @throws AvalancheError CONFIG_INVALID when a path template is none
 */
export function openSources(environment: EnvironmentConfig): RecordingSource[] {
  const counts = new Map<string, number>();
  return environment.logServers.map((config) => {
    // The compiler does not see that the key and the configuration are of one kind.
    const open = logServers[config.kind] as (config: LogServerConfig, environment: string) => RecordingSource;
    const source = open(config, environment.name);
    const count = (counts.get(source.kind) ?? 0) + 1;
    counts.set(source.kind, count);
    return count === 1 ? source : { ...source, kind: `${source.kind}-${count}` };
  });
}
