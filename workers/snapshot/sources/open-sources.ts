import type { ClusterConfig } from '../../../storage/cluster-config.ts';
import type { EnvironmentConfig, LogServerConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import type { Wish } from '../../jobs.ts';
import { openDownload } from './download.ts';
import { openKubernetesArchive } from './kubernetes-archive.ts';
import { openKubernetesRecord } from './kubernetes-record.ts';
import { openLogServerDisk } from './log-server-disk.ts';
import { openLogServerHttp } from './log-server-http.ts';
import { openLogServerS3 } from './log-server-s3.ts';
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
  s3: openLogServerS3,
};

/**
 * The sources of an environment that give what is wished for, in the order of the configuration, log servers first:
 * what already lies there is taken without touching a pod. The second of a kind gets a kind of its own
 * (`log-server-disk-2`): a locator means nothing to any other source than the one that gave it.
 *
 * @throws AvalancheError CONFIG_INVALID when a path template is none, or nothing in the configuration can do it;
 *   DOWNLOAD_REFUSED when the URL wished for is not one of those that may be
 */
export function openSources(environment: EnvironmentConfig, wish: Wish = {}): RecordingSource[] {
  const { recordMs, url } = wish;
  if (url !== undefined) return [openDownload(environment, url)];
  const sources = recordMs === undefined ? openPast(environment, wish) : openNow(environment, wish, recordMs);
  const counts = new Map<string, number>();
  return sources.map((source) => {
    const count = (counts.get(source.kind) ?? 0) + 1;
    counts.set(source.kind, count);
    return count === 1 ? source : { ...source, kind: `${source.kind}-${count}` };
  });
}

/** What rolling recorders have already published. */
function openPast(
  { name, logServers: configured, clusters }: EnvironmentConfig,
  { container }: Wish,
): RecordingSource[] {
  const archives = clusters.flatMap((config) => {
    const { archive } = config;
    return archive === undefined
      ? []
      : [openKubernetesArchive({ ...config, archive }, { environment: name, container: container ?? null })];
  });
  const sources = [...configured.map((config) => openLogServer(config, name)), ...archives];
  if (sources.length > 0) return sources;
  const hint = clusters.some(isRecording)
    ? 'with --for 30s it can be recorded now'
    : 'logServers, or archive of a cluster, wanted';
  throw cannotUse(name, `nothing says where recordings lie (${hint})`);
}

function openNow(
  { name, clusters }: EnvironmentConfig,
  { container }: Wish,
  recordMs: number,
): RecordingSource[] {
  const recording = clusters.filter(isRecording);
  if (recording.length === 0)
    throw cannotUse(name, 'no cluster of it may be recorded on demand (record of a cluster wanted)');
  const longestMs = Math.min(...recording.map(({ record }) => record.longestMs));
  if (recordMs > longestMs) {
    throw cannotUse(
      name,
      `${recordMs / 1000} s asked for (at most ${longestMs / 1000} s, set by record.longestMs)`,
    );
  }
  return recording.map((config) =>
    openKubernetesRecord(config, { environment: name, container: container ?? null, recordMs }),
  );
}

function isRecording(
  config: ClusterConfig,
): config is ClusterConfig & Required<Pick<ClusterConfig, 'record'>> {
  return config.record !== undefined;
}

function openLogServer(config: LogServerConfig, environment: string): RecordingSource {
  // The compiler does not see that the key and the configuration are of one kind.
  const open = logServers[config.kind] as (config: LogServerConfig, environment: string) => RecordingSource;
  return open(config, environment);
}

function cannotUse(name: string, state: string): AvalancheError {
  return new AvalancheError('CONFIG_INVALID', `Cannot use the environment "${name}": ${state}`);
}
