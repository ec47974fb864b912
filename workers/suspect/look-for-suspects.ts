import { join } from 'node:path';
import type { ApplicationConfig } from '../../storage/config.ts';
import { toAvalancheError } from '../../storage/errors.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { measureQuality, type Quality } from '../../storage/profile/quality.ts';
import type { SuspectsReport } from '../jobs.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { CodeSearch } from './code-search/code-search.ts';
import { openGitCodeSearch } from './code-search/git.ts';
import { findBaseline } from './find-baseline.ts';
import { findSuspects } from './find-suspects.ts';

export type LookedAt = {
  snapshotId: string;
  app: string;
  environment: string;
  application: ApplicationConfig | null;
  profile: Profile;
  selection: Selection;
  /** When the snapshot was taken: what came later is no baseline for it. */
  takenAt: number;
};

/** The suspects of a snapshot, with baseline, code and history as far as they are to be had. */
export async function lookForSuspects(
  context: WorkerContext,
  { snapshotId, app, environment, application, profile, selection, takenAt }: LookedAt,
): Promise<{ report: SuspectsReport; hottest: { function: string; share: number }[] }> {
  const revision = profile.recording.revision ?? application?.revision ?? null;
  const quality = measureQuality(profile, selection);
  const baseline = await findBaseline(context, { app, environment, revision, createdAt: takenAt });
  const codeSearch = await openCodeSearch(context, application, revision, quality);
  const { verdict, suspects, hottest } = await findSuspects({
    profile,
    selection,
    baseline: baseline?.profile ?? null,
    baselineRevision: baseline?.row.revision ?? null,
    application,
    revision,
    codeSearch,
    nowMs: context.now(),
  });
  const report: SuspectsReport = {
    report: 'suspects',
    snapshotId,
    app,
    environment,
    verdict,
    suspects,
    baseline: baseline?.name ?? null,
    revision,
    quality,
  };
  return { report, hottest };
}

/** The code of the app at the recorded revision. Without it suspects have a name and a share, and a remark says why. */
async function openCodeSearch(
  { config, log }: WorkerContext,
  application: ApplicationConfig | null,
  revision: string | null,
  quality: Quality,
): Promise<CodeSearch | null> {
  if (application?.repository === undefined) {
    quality.remarks.push('no code links: the application has no repository in avalanche.yaml');
    return null;
  }
  try {
    const mirrorDirectory = join(config.workDirectory, 'mirrors');
    return await openGitCodeSearch({ repository: application.repository, revision, mirrorDirectory });
  } catch (error) {
    log.warn({ err: error }, 'Code search could not be opened');
    quality.remarks.push(`no code links: ${toAvalancheError(error).message}`);
    return null;
  }
}
