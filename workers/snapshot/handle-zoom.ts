import { formatShare } from '../../renderers/format-share.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { decodeProfile } from '../../storage/profile/codec.ts';
import { isCertain } from '../../storage/profile/difference.ts';
import { estimateDifference, estimateShare } from '../../storage/profile/estimate.ts';
import type { Selection } from '../../storage/profile/profile.ts';
import { selectSamples, sumSamples } from '../../storage/profile/selection.ts';
import type { JobPayload, Part, TextReport } from '../jobs.ts';
import { publish } from '../publish.ts';
import { nameFrames } from '../suspect/frames/name-frames.ts';
import { listHottest, measureOwnTime, type OwnTime } from '../suspect/own-time.ts';
import type { WorkerContext } from '../worker-context.ts';
import { drawSnapshot } from './draw-snapshot.ts';
import { getSnapshot } from './get-snapshot.ts';
import { findApplication } from './handle-snapshot.ts';
import { publishFile } from './publish-file.ts';
import { complementOf, selectPart } from './select-part.ts';

/** Of fewer samples a share is known to some 15 points. */
const thinSampleCount = 50;

/** Draws a part of a stored snapshot, and says in the thread what is hot there and not elsewhere. */
export async function handleZoom(context: WorkerContext, payload: JobPayload<'zoom'>): Promise<void> {
  const { requestId, part } = payload;
  await context.store.setRequestState(requestId as RequestId, 'running');
  const snapshot = await getSnapshot(context, payload.snapshotId);
  const { app, environment } = snapshot;
  const profile = decodeProfile(await context.blobs.read(snapshot.profileKey));
  const application = findApplication(context.config, app);
  const named = nameFrames(profile, application);
  const { selection, words } = selectPart(named, part);
  const taken = selectSamples(profile, selection);
  const here = measureOwnTime(named, selection);
  const elsewhere = measureOwnTime(named, complementOf(profile, selection, taken));

  const title = `${app} in ${environment}, ${words}`;
  const drawing = { profile, selection, application, title, suspects: [] };
  const { bytes: png, altText } = await drawSnapshot(drawing);
  await publishFile(context, requestId, png, {
    report: 'flame-graph',
    title: `Flame graph of ${title}`,
    altText,
    // Beside the snapshot, so that it goes with it.
    pictureKey: `snapshots/${snapshot.id}/flame-graph-${requestId}.png`,
    fileName: `flame-graph-${app}-${environment}-part.png`,
  });
  const content: TextReport = {
    report: 'text',
    title: `${app}-${environment}, ${words}: ${formatHottest(here, elsewhere)}`,
    lines: describePart(here, elsewhere, sumSamples(profile, selection)),
    error: null,
    ...describeStretch(snapshot.id, part, selection, profile.recording.durationMs),
  };
  await publish(context, { requestId, key: 'answer', kind: 'result', content });
  await context.store.setRequestState(requestId as RequestId, 'done');
}

/** `mostly Cart.total, 61 % (elsewhere 2.0 %)`: what sets the part apart, or that nothing does. */
function formatHottest(here: OwnTime, elsewhere: OwnTime): string {
  const hottest = listHottest(here);
  const apart = findApart(hottest, here, elsewhere);
  const shown = apart ?? hottest[0];
  if (shown === undefined) return "nothing of the app's own code";
  const rest = shareElsewhere(shown.function, elsewhere);
  const shares = `${formatShare(shown.share)}${rest === null ? '' : ` (elsewhere ${formatShare(rest)})`}`;
  if (apart === undefined && rest !== null)
    return `no more of anything than elsewhere, ${shown.function} ${shares}`;
  return `${shown.share >= 0.5 ? 'mostly' : 'more'} ${shown.function}, ${shares}`;
}

type Hot = { function: string; share: number };

/** The function with the largest share above that elsewhere, where that can hardly be chance. */
function findApart(hottest: readonly Hot[], here: OwnTime, elsewhere: OwnTime): Hot | undefined {
  const differences = hottest.map((hot) => {
    const rest = shareElsewhere(hot.function, elsewhere) ?? 0;
    const [now, then] = [
      estimateShare(hot.share * here.busy, here.busy),
      estimateShare(rest * elsewhere.busy, elsewhere.busy),
    ];
    return { hot, delta: estimateDifference(now, then) };
  });
  const [most] = differences
    .filter(({ delta }) => delta.value > 0 && isCertain(delta))
    .toSorted((a, b) => b.delta.value - a.delta.value);
  return most?.hot;
}

/** The own functions as a table; its lines begin with two blanks. */
function describePart(here: OwnTime, elsewhere: OwnTime, sampleCount: number): string[] {
  const amount = (count: number) => Math.round(count).toLocaleString('en');
  const idle = here.idle > 0 ? `, ${amount(here.idle)} of them idle` : '';
  const rows = listHottest(here).map((hot) => {
    const rest = shareElsewhere(hot.function, elsewhere);
    const cells = [formatShare(hot.share), rest === null ? '' : formatShare(rest)];
    return `  ${cells.map((cell) => cell.padStart(9)).join('')}  ${hot.function}`;
  });
  return [
    `${amount(sampleCount)} samples${idle}${sampleCount < thinSampleCount ? ': too few for more than a rough idea' : ''}`,
    ...(rows.length === 0 ? [] : ['       here elsewhere', ...rows]),
  ];
}

/** @returns null when there is no elsewhere */
function shareElsewhere(name: string, { functions, busy }: OwnTime): number | null {
  if (busy === 0) return null;
  const total = [...functions.values()].find((known) => known.name === name)?.total ?? 0;
  return total / busy;
}

/** Suspects can be looked for in a stretch of time, not in a part of the samples in it. */
function describeStretch(
  snapshotId: string,
  { only, threads, without }: Part,
  { fromMs, toMs }: Selection,
  durationMs: number,
): Pick<TextReport, 'stretch'> {
  if (only !== null || threads !== null || without !== null || fromMs === undefined) return {};
  return { stretch: { snapshotId, fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs ?? durationMs) } };
}
