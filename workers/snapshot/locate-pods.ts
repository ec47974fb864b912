import type { Logger } from 'pino';
import { AvalancheError, toAvalancheError } from '../../storage/errors.ts';
import type { FoundPod, RecordingSource } from './sources/source.ts';

export type LocatedPod = FoundPod & { sourceKind: string };

/**
 * Pods of an app over all sources, the freshest recordings first, at most `maximum` of them. A source that
 * cannot be read does not hide what another one has.
 *
 * @throws AvalancheError ARCHIVE_MISSING, saying where it looked and what it found; or what kept a source from
 *   being read, when nothing was found elsewhere
 */
export async function locatePods(
  sources: readonly RecordingSource[],
  app: string,
  { environment, maximum, log }: { environment: string; maximum: number; log: Logger },
): Promise<LocatedPod[]> {
  const searched: string[] = [];
  const found: LocatedPod[] = [];
  const failures: AvalancheError[] = [];
  for (const source of sources) {
    try {
      const { pods, searched: where } = await source.findPods(app);
      searched.push(...where);
      found.push(...pods.map((pod) => ({ ...pod, sourceKind: source.kind })));
    } catch (error) {
      log.warn({ err: error, source: source.kind }, 'Source could not be read');
      failures.push(toAvalancheError(error));
    }
  }
  const [failure] = failures;
  if (found.length === 0) throw failure ?? nothingFound(app, environment, searched);
  return found.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, maximum);
}

function nothingFound(app: string, environment: string, searched: readonly string[]): AvalancheError {
  return new AvalancheError(
    'ARCHIVE_MISSING',
    `Cannot find a recording of "${app}" in "${environment}": ${searched.join('; ')}`,
    { app, environment },
  );
}
