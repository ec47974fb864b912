import type { RequestId, RequestRow, SnapshotRow } from '../../storage/database/store.ts';
import { decodeProfile } from '../../storage/profile/codec.ts';
import type { Profile, Selection } from '../../storage/profile/profile.ts';
import { isPicture, type JobPayload, type Report, reportSchema, type TextReport } from '../jobs.ts';
import { publish } from '../publish.ts';
import { drawSnapshot } from '../snapshot/draw-snapshot.ts';
import { pprofExport } from '../snapshot/exports/pprof.ts';
import { speedscopeExport } from '../snapshot/exports/speedscope.ts';
import { getSnapshot } from '../snapshot/get-snapshot.ts';
import { findApplication } from '../snapshot/handle-snapshot.ts';
import { publishFile } from '../snapshot/publish-file.ts';
import type { JobContext, WorkerContext } from '../worker-context.ts';
import { collectBytes, collectGzip } from './collect-bytes.ts';
import { type BundleFile, packZip } from './pack-zip.ts';
import { writeReport } from './write-report.ts';

/** What Slack takes from us within the time of one upload, on a line that is not fast. */
const mostBytes = 32 * 1024 ** 2;
/** Of a thread that goes on for days the newest count. */
const mostRequests = 200;

type Described = BundleFile & { about: string };

/** Packs a stored snapshot, and what was said and asked about it, into one file that the thread gets. */
export async function handleExport(context: JobContext, payload: JobPayload<'export'>): Promise<void> {
  const { requestId } = payload;
  const { store, blobs, now } = context;
  await store.setRequestState(requestId as RequestId, 'running');
  const snapshot = await getSnapshot(context, payload.snapshotId);
  const { app, environment, createdAt } = snapshot;
  const profile = decodeProfile(await blobs.read(snapshot.profileKey));
  const reports = await readReports(context, snapshot);
  const { files, omissions } = await gatherFiles(context, { snapshot, profile, reports });
  const report = writeReport({
    snapshot,
    summary: findReport(reports, 'summary'),
    suspects: findReport(reports, 'suspects'),
    heatmap: findReport(reports, 'heatmap'),
    requests: await listAsked(context, snapshot, requestId as RequestId),
    files,
    omissions,
    exportedAt: now(),
  });
  const name = nameBundle(snapshot);
  const whole = [{ name: 'report.md', bytes: new TextEncoder().encode(report) }, ...files];
  const zip = await packZip(name, whole, createdAt);
  const target = `${app}-${environment}`;
  const names = whole.map((file) => file.name).join(', ');
  await publishFile(context, requestId, zip, {
    report: 'bundle',
    title: `Bundle for the post-mortem of ${target}`,
    altText: names,
    // Beside the snapshot, so that it goes with it.
    fileKey: `snapshots/${snapshot.id}/bundle-${requestId}.zip`,
    fileName: `${name}.zip`,
  });
  const content: TextReport = {
    report: 'text',
    title: `The snapshot of ${target} is packed for the post-mortem: ${whole.length} files, ${Math.ceil(zip.byteLength / 1024).toLocaleString('en')} kB`,
    lines: [...omissions, `Snapshot ${snapshot.id}`],
    error: null,
  };
  await publish(context, { requestId, key: 'answer', kind: 'result', content });
  await store.setRequestState(requestId as RequestId, 'done');
}

/** What was said when it was taken; reports that an earlier version wrote otherwise are passed over. */
async function readReports({ store }: WorkerContext, { requestId }: SnapshotRow): Promise<Report[]> {
  const messages = await store.listMessages(requestId);
  return messages.flatMap(({ content }) => {
    const parsed = reportSchema.safeParse(content);
    return parsed.success ? [parsed.data] : [];
  });
}

function findReport<Kind extends Report['report']>(reports: readonly Report[], kind: Kind) {
  type Wanted = Extract<Report, { report: Kind }>;
  return reports.find((report): report is Wanted => report.report === kind) ?? null;
}

/**
 * Pictures and profiles, the ones that a reader misses least last: each may take what the others left.
 *
 * @returns `omissions` tells what did not fit
 */
async function gatherFiles(
  { blobs, config, signal }: JobContext,
  { snapshot, profile, reports }: { snapshot: SnapshotRow; profile: Profile; reports: readonly Report[] },
): Promise<{ files: Described[]; omissions: string[] }> {
  const { app, environment } = snapshot;
  const files: Described[] = [];
  const omissions: string[] = [];
  const add = (name: string, about: string, bytes: Uint8Array | null) => {
    if (bytes !== null && bytes.byteLength <= left()) files.push({ name, about, bytes });
    else omissions.push(`${name} is left out: the bundle would be larger than ${mostBytes / 1024 ** 2} MiB`);
  };
  const left = () => mostBytes - files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  for (const picture of reports.filter(isPicture)) {
    add(`${picture.report}.png`, picture.altText, await blobs.read(picture.pictureKey));
  }
  const { bytes: svg } = await drawSnapshot({
    profile,
    selection: selectWindow(snapshot, profile),
    application: findApplication(config, app),
    title: `${app} in ${environment}`,
    suspects: findReport(reports, 'suspects')?.suspects ?? [],
    look: { kind: 'svg' },
  });
  add('flame-graph.svg', 'the flame graph to zoom and search, in any browser', svg);
  signal.throwIfAborted();
  const pprof = await collectBytes(pprofExport.write(profile, {}), { mostBytes: left(), signal });
  add('cpu.pb.gz', 'the whole recording for pprof', pprof);
  const speedscope = speedscopeExport.write(profile, {});
  add(
    'profile.speedscope.json.gz',
    'the whole recording for speedscope, packed as it takes it',
    await collectGzip(speedscope, { mostBytes: left(), signal }),
  );
  return { files, omissions };
}

/** The part of the recording that the snapshot is about, as far as its times are known. */
function selectWindow({ windowStartMs, windowEndMs }: SnapshotRow, { recording }: Profile): Selection {
  const { startedAtMs } = recording;
  if (startedAtMs === null || windowStartMs === null || windowEndMs === null) return {};
  return { fromMs: windowStartMs - startedAtMs, toMs: windowEndMs - startedAtMs };
}

/** What was asked in the snapshot's thread, oldest first: for whoever is in that channel, and for nobody else. */
async function listAsked(
  { store }: WorkerContext,
  { requestId }: SnapshotRow,
  exportId: RequestId,
): Promise<RequestRow[]> {
  const [taken, exporting] = await Promise.all([store.findRequest(requestId), store.findRequest(exportId)]);
  if (taken === undefined || exporting === undefined) return [];
  const { teamId, channelId, threadTs } = taken;
  const isSeen =
    exporting.source === 'terminal' || (exporting.teamId === teamId && exporting.channelId === channelId);
  if (!isSeen) return [];
  if (threadTs === null) return [taken];
  const rows = await store.listRequests({ place: { teamId, channelId, threadTs }, limit: mostRequests });
  return rows.toReversed();
}

/** `shop-prod-2026-11-25-0312`: letters of any alphabet in the app's name become dashes, as in every file name. */
function nameBundle({ app, environment, createdAt }: SnapshotRow): string {
  const moment = new Date(createdAt).toISOString().slice(0, 16).replace('T', '-').replace(':', '');
  return `${app}-${environment}-${moment}`.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '');
}
