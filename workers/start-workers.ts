import { handleDoctor } from './doctor/handle-doctor.ts';
import { handleExport } from './export/handle-export.ts';
import { workOn } from './handle-job.ts';
import { handlePods } from './pods/handle-pods.ts';
import { scheduleRetention } from './retention/schedule-retention.ts';
import { handleCapture } from './snapshot/handle-capture.ts';
import { handleDifference } from './snapshot/handle-difference.ts';
import { handleReport } from './snapshot/handle-report.ts';
import { handleSnapshot } from './snapshot/handle-snapshot.ts';
import { handleZoom } from './snapshot/handle-zoom.ts';
import { openReadingThreads } from './snapshot/ingest/reading-threads.ts';
import { handleSuspects } from './suspect/handle-suspects.ts';
import { Turns } from './turns.ts';
import { removeAbandonedWork } from './work-folder.ts';
import type { WorkerContext } from './worker-context.ts';

/** They run perf and unpack archives: two at once keep both cores of a small machine busy, and fit its memory. */
const recordingsAtOnce = 2;

/** Takes up every kind of job. Closing the queue ends it. */
export async function startWorkers(context: WorkerContext): Promise<void> {
  await removeAbandonedWork(context.config.workDirectory);
  const reading = openReadingThreads();
  const turns = new Turns(recordingsAtOnce);
  await Promise.all([
    workOn(context, 'snapshot', 4, handleSnapshot),
    workOn(context, 'capture', recordingsAtOnce, (job, payload, running) =>
      turns.run(() => handleCapture({ ...job, reading }, payload, running), job.signal),
    ),
    workOn(context, 'report', 2, handleReport),
    workOn(context, 'suspects', 2, handleSuspects),
    workOn(context, 'diff', 2, handleDifference),
    workOn(context, 'zoom', 2, handleZoom),
    // Writes whole profiles: one at a time leaves room for a snapshot.
    workOn(context, 'export', 1, handleExport),
    // Mostly waits for others.
    workOn(context, 'pods', 4, handlePods),
    workOn(context, 'doctor', 2, (job, payload) => handleDoctor({ ...job, reading, turns }, payload)),
    scheduleRetention(context),
  ]);
}
