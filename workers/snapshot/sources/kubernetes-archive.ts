import { rm } from 'node:fs/promises';
import type { ClusterConfig } from '../../../storage/cluster-config.ts';
import { openKubernetesClient } from './kubernetes-client.ts';
import { bringFile } from './kubernetes-file.ts';
import { findPodsNow, podLocatorSchema } from './kubernetes-locator.ts';
import type { RecordingSource } from './source.ts';

/** The archive that the rolling recorder publishes, out of the pod itself: for where no log server has it. */
export function openKubernetesArchive(
  config: ClusterConfig & { archive: string },
  { environment, container }: { environment: string; container: string | null },
): RecordingSource {
  return {
    kind: 'kubernetes-archive',
    describe: () => `pods of the namespaces ${config.namespaces.join(', ')}, ${config.archive}`,
    async findPods(app, signal) {
      // Of when an archive is, only the pod could tell. It runs, so its recorder does.
      return await findPodsNow({ config, app, environment, container, signal });
    },
    async fetch(locator, destination, limits, signal) {
      const place = podLocatorSchema.parse(locator);
      const client = await openKubernetesClient(config);
      const path = config.archive.replaceAll('$app', place.app);
      try {
        const { bytes } = await bringFile({ client, place, path, limits }, destination, signal);
        const how = `the rolling archive, by exec from the container "${place.container}"`;
        return { bytes, how, revision: place.revision || null };
      } catch (error) {
        await rm(destination, { force: true });
        throw error;
      }
    },
  };
}
