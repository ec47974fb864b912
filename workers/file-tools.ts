import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Limits } from '../storage/config.ts';
import type { Normalization } from '../storage/profile/difference.ts';
import type { Profile, Selection } from '../storage/profile/profile.ts';
import type { Suspect } from './jobs.ts';
import type { PictureView } from './snapshot/draw-view.ts';
import type { FoldOptions } from './snapshot/ingest/fold.ts';
import type { PictureLook } from './snapshot/picture.ts';
import type { CodeSearch } from './suspect/code-search/code-search.ts';

type Read = {
  onProgress?: (doneBytes: number, totalBytes: number | null) => void;
  signal: AbortSignal;
  /** Relative paths begin here. */
  terminalDirectory: string;
};
type Range = { fromMs?: number | undefined; toMs?: number | undefined };
type SuspectSettings = Range & {
  baseline: string | null;
  baselineRevision: string | null;
  repository: string | null;
  revision: string | null;
  own: readonly string[];
  containerRoot: string;
};

const hottestCount = 15;
/** Two recordings at most are open. */
const exploredFileBytes = 4 * 1024 ** 3;

/**
 * What can be done with a recording on disk and no server; the shape is declared by bot/terminal/terminal-command.ts.
 *
 * Each loads what it needs when it is used: to load all of drawing, searching and exporting takes longer than to read
 * a recording of 50 MB.
 */
export function createFileTools(limits: Limits) {
  const read = async (path: string, settings: Read & { pod?: string | undefined }) => {
    const { ingestFile } = await import('./snapshot/ingest/ingest-file.ts');
    return await inTemporaryFolder((workDirectory) =>
      ingestFile(resolve(settings.terminalDirectory, path), { ...settings, limits, workDirectory }),
    );
  };

  return {
    async fold(path: string, options: FoldOptions, settings: Read) {
      const { foldFile } = await import('./snapshot/ingest/fold.ts');
      const file = resolve(settings.terminalDirectory, path);
      return await inTemporaryFolder((workDirectory) =>
        foldFile(file, { ...options, ...settings, limits, workDirectory }),
      );
    },

    /** Several recordings are those of pods of one app. */
    async render(
      paths: readonly string[],
      { title, view, look, ...range }: Range & { title: string; view: PictureView; look: PictureLook },
      settings: Read,
    ) {
      const { mergeProfiles } = await import('../storage/profile/merge.ts');
      const { drawView } = await import('./snapshot/draw-view.ts');
      const { selectWindow } = await import('./snapshot/snapshot-selection.ts');
      const pods = namePods(paths);
      const profiles = [];
      for (const [index, path] of paths.entries()) {
        profiles.push(await read(path, { ...settings, pod: pods[index] }));
      }
      const profile = mergeProfiles(profiles);
      const selection = selectWindow(profile, toWindow(range));
      return await drawView(view, { profile, selection, title, look });
    },

    async heatmap(
      path: string,
      {
        title,
        rows,
        look,
        ...range
      }: Range & { title: string; rows?: number | undefined; look: PictureLook },
      settings: Read,
    ) {
      const { drawHeatmapOf } = await import('./snapshot/heatmap-picture.ts');
      const { findSnapshotBursts } = await import('./snapshot/snapshot-bursts.ts');
      const { selectWindow } = await import('./snapshot/snapshot-selection.ts');
      const profile = await read(path, settings);
      const selection = selectWindow(profile, toWindow(range));
      const bursts = findSnapshotBursts(profile, null);
      const picture = await drawHeatmapOf({ profile, selection, bursts, title, rows, look });
      return { ...picture, bursts };
    },

    async suspects(path: string, options: SuspectSettings, settings: Read) {
      const { selectWindow } = await import('./snapshot/snapshot-selection.ts');
      const profile = await read(path, settings);
      const selection = selectWindow(profile, toWindow(options));
      const baseline = options.baseline === null ? null : await read(options.baseline, settings);
      return await suspectsOf(profile, selection, baseline, options, settings);
    },

    async convert(path: string, { to, ...range }: Range & { to: string }, settings: Read) {
      const { exports } = await import('./snapshot/exports/exports.ts');
      const { selectWindow } = await import('./snapshot/snapshot-selection.ts');
      const wanted = exports.find(({ name }) => name === to);
      if (wanted === undefined) throw new RangeError(`"${to}" is no format that is written`);
      const profile = await read(path, settings);
      return wanted.write(profile, selectWindow(profile, toWindow(range)));
    },

    async info(path: string, settings: Read) {
      return await describeProfile(await read(path, settings));
    },

    async explore(path: string, { baseline }: { baseline: string | null }, settings: Read) {
      const { encodeProfile } = await import('../storage/profile/codec.ts');
      const { openExploration } = await import('./explore/open-exploration.ts');
      const { findSnapshotBursts } = await import('./snapshot/snapshot-bursts.ts');
      const { findSuspects } = await import('./suspect/find-suspects.ts');
      const profile = await read(path, settings);
      const before = baseline === null ? null : await read(baseline, settings);
      const found = await findSuspects({
        profile,
        selection: {},
        baseline: before,
        application: null,
        revision: null,
        codeSearch: null,
      });
      const stored = encodeProfile(profile);
      const storedBefore = before === null ? null : encodeProfile(before);
      const { verdict, suspects } = found;
      return {
        recording: {
          key: 'file',
          read: async () => stored,
          application: null,
          baseline:
            storedBefore === null
              ? null
              : { key: 'baseline', read: async () => storedBefore, name: basename(baseline!) },
          suspects,
        },
        verdict,
        suspects,
        bursts: findSnapshotBursts(profile, null),
        exploration: openExploration({ cacheBytes: exploredFileBytes }),
      };
    },

    async diff(
      paths: { before: string | null; after: string },
      options: Range & { by: Normalization; look: PictureLook | null },
      settings: Read,
    ) {
      const { compareRecordings, restOf } = await import('./snapshot/compare-recordings.ts');
      const { describeComparison, listChanges, nameWindow } = await import(
        './snapshot/describe-comparison.ts'
      );
      const { drawDifference } = await import('./snapshot/draw-difference.ts');
      const { selectWindow } = await import('./snapshot/snapshot-selection.ts');
      const profile = await read(paths.after, settings);
      const window = toWindow(options);
      const selection = selectWindow(profile, window);
      const range = nameWindow(window);
      const name = basename(paths.after);
      const after = { profile, selections: [selection], name: range === '' ? name : `${name}, ${range}` };
      const before =
        paths.before === null
          ? { profile, selections: restOf(selection), name: 'the rest' }
          : { profile: await read(paths.before, settings), selections: [{}], name: basename(paths.before) };
      const { by, look } = options;
      const comparison = compareRecordings(before, after, { application: null, normalizedBy: by });
      return {
        comparison: describeComparison(comparison),
        lines: listChanges(comparison),
        picture: look === null ? null : await drawDifference(comparison, look),
      };
    },
  };
}

async function suspectsOf(
  profile: Profile,
  selection: Selection,
  baseline: Profile | null,
  { repository, revision, baselineRevision, own, containerRoot }: SuspectSettings,
  { terminalDirectory, signal }: Read,
): Promise<{ verdict: string; suspects: Suspect[]; remarks: string[] }> {
  const { measureQuality } = await import('../storage/profile/quality.ts');
  const { openGitCodeSearch } = await import('./suspect/code-search/git.ts');
  const { findSuspects } = await import('./suspect/find-suspects.ts');
  const { remarks } = measureQuality(profile, selection);
  const location =
    repository === null
      ? undefined
      : { url: resolve(terminalDirectory, repository), containerRoot, sourceRoot: '' };
  let codeSearch: CodeSearch | null = null;
  const revisionWanted = revision ?? profile.recording.revision;
  if (location === undefined) {
    remarks.push('no files and commits: name the repository with --repo');
  } else {
    const wanted = { repository: location, revision: revisionWanted, mirrorDirectory: null, signal };
    codeSearch = await openGitCodeSearch(wanted);
  }
  const application = { own: [...own], ...(location === undefined ? {} : { repository: location }) };
  const found = await findSuspects({
    profile,
    selection,
    baseline,
    baselineRevision: baselineRevision ?? baseline?.recording.revision ?? null,
    application,
    revision: revisionWanted,
    codeSearch,
  });
  return { verdict: found.verdict, suspects: found.suspects, remarks };
}

async function describeProfile(recorded: Profile) {
  const { measureQuality } = await import('../storage/profile/quality.ts');
  const { sumSamples } = await import('../storage/profile/selection.ts');
  const { buildTopTable } = await import('../storage/profile/top-table.ts');
  const { nameFrames } = await import('./suspect/frames/name-frames.ts');
  const { profile, anatomy } = nameFrames(recorded, null);
  const { recording, events, threads, frames } = profile;
  const { sampleCount, lostCount, unknownRatio, remarks } = measureQuality(profile);
  const comms = [...new Set(threads.map((thread) => thread.comm))];
  return {
    format: recording.format,
    sampleCount,
    durationMs: recording.hasTimes ? recording.durationMs : null,
    startedAtMs: recording.startedAtMs,
    rateHz: recording.rateHz,
    host: recording.host,
    command: recording.command,
    revision: recording.revision,
    events: events.map((event, row) => ({ ...event, sampleCount: sumSamples(profile, { event: row }) })),
    processes: comms
      .map((comm) => ({ comm, sampleCount: sumSamples(profile, { comms: [comm] }) }))
      .sort((a, b) => b.sampleCount - a.sampleCount),
    threadCount: threads.length,
    frameCount: frames.name.length,
    lostCount,
    unknownRatio,
    remarks,
    warnings: recording.warnings,
    hottest: buildTopTable(profile)
      .slice(0, hottestCount)
      .map(({ frame, self, total }) => ({ function: anatomy[frame]?.name ?? '', self, total })),
  };
}

/** A recording alone is of no pod; of several each has the name of its file, or its path where names are equal. */
function namePods(paths: readonly string[]): string[] {
  if (paths.length === 1) return [''];
  const names = paths.map((path) => basename(path));
  return new Set(names).size === names.length ? names : [...paths];
}

function toWindow({ fromMs, toMs }: Range) {
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
}

async function inTemporaryFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'avalanche-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
