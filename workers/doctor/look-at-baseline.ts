import { findBaselineRow } from '../../storage/find-baseline-row.ts';
import type { JobContext } from '../worker-context.ts';
import type { Examination } from './examination.ts';
import { doubtful, inOrder } from './finding.ts';

/** Whether there is a snapshot that the next one would be compared with. */
export function planBaseline(
  examination: Examination,
  { store, now }: JobContext,
  { app, environment }: { app: string; environment: string },
): (revision: string | null) => Promise<void> {
  const step = examination.plan('snapshot to compare with');
  return async (revision) => {
    await examination.look(step, async () => {
      if (revision === null) {
        const cure = 'Mend that first: compared is with the last snapshot of another revision.';
        return doubtful('the deployed revision is not known, so none can be chosen', cure);
      }
      const baseline = await findBaselineRow(store, { app, environment, revision, createdAt: now() });
      if (baseline !== null) return inOrder(baseline.name);
      const cure = 'Take one while all is well; what is deployed after it is compared with it.';
      return doubtful('there is none of another revision: suspects are judged by their share alone', cure);
    });
  };
}
