import type { Logger } from 'pino';
import { AvalancheError, toAvalancheError } from '../../storage/errors.ts';
import { nearestNames } from '../../storage/nearest-names.ts';
import { showOutsideName } from './outside-name.ts';
import type { FoundPod, RecordingSource } from './sources/source.ts';

export type LocatedPod = FoundPod & { sourceKind: string };

/**
 * Pods of an app over all sources, the freshest recordings first, at most `maximum` of them. A source that
 * cannot be read does not hide what another one has; a pod that several have is taken from the first.
 *
 * @param wanted name of the only pod to take, when one was named
 * @throws AvalancheError ARCHIVE_MISSING or POD_MISSING, saying where it looked and what it found; or what kept a
 *   source from being read, when nothing was found elsewhere
 */
export async function locatePods(
  sources: readonly RecordingSource[],
  app: string,
  {
    environment,
    maximum,
    wanted,
    log,
  }: { environment: string; maximum: number; wanted?: string | undefined; log: Logger },
): Promise<LocatedPod[]> {
  const searched: string[] = [];
  const found = new Map<string, LocatedPod>();
  const failures: AvalancheError[] = [];
  for (const source of sources) {
    try {
      const { pods, searched: where } = await source.findPods(app);
      searched.push(...where);
      for (const pod of pods)
        if (!found.has(pod.pod)) found.set(pod.pod, { ...pod, sourceKind: source.kind });
    } catch (error) {
      log.warn({ err: error, source: source.kind }, 'Source could not be read');
      failures.push(toAvalancheError(error));
    }
  }
  const [failure] = failures;
  if (found.size === 0) throw failure ?? nothingFound(app, environment, searched);
  if (wanted !== undefined) return [chooseNamed(found, wanted, app)];
  return [...found.values()].sort((a, b) => b.updatedAt - a.updatedAt).slice(0, maximum);
}

function chooseNamed(found: ReadonlyMap<string, LocatedPod>, wanted: string, app: string): LocatedPod {
  const pod = found.get(wanted);
  if (pod !== undefined) return pod;
  const names = [...found.keys()];
  const near = nearestNames(wanted, names);
  const shown = (near.length > 0 ? near : names.slice(0, 8)).map(showOutsideName).join(', ');
  const hint = near.length > 0 ? `did you mean ${shown}?` : `there are ${shown}`;
  throw new AvalancheError(
    'POD_MISSING',
    `Cannot take the pod "${wanted}" of "${app}": it is not there (${hint})`,
  );
}

function nothingFound(app: string, environment: string, searched: readonly string[]): AvalancheError {
  const state = searched.join('; ');
  // Pods are looked for in clusters alone, recordings everywhere.
  const isOfPods = searched.length > 0 && searched.every((line) => line.startsWith('cluster '));
  const [code, sought] = isOfPods
    ? (['POD_MISSING', 'pods'] as const)
    : (['ARCHIVE_MISSING', 'a recording'] as const);
  return new AvalancheError(code, `Cannot find ${sought} of "${app}" in "${environment}": ${state}`, {
    app,
    environment,
  });
}
