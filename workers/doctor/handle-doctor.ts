import type { EnvironmentConfig } from '../../storage/config.ts';
import type { RequestId } from '../../storage/database/store.ts';
import type { DoctorReport, DoctorStep, JobPayload, TextReport } from '../jobs.ts';
import { publish } from '../publish.ts';
import { findApplication, findEnvironment } from '../snapshot/handle-snapshot.ts';
import { openSources } from '../snapshot/sources/open-sources.ts';
import { Examination } from './examination.ts';
import { broken, inOrder } from './finding.ts';
import { LatestOnly } from './latest-only.ts';
import { planBaseline } from './look-at-baseline.ts';
import { planCluster } from './look-at-cluster.ts';
import { planCode } from './look-at-code.ts';
import { planEngines } from './look-at-engines.ts';
import { planLogServer, type ReadingContext, type Revision } from './look-at-recordings.ts';
import { perfByExec } from './look-at-ways.ts';

/**
 * Goes the way of a snapshot without recording anything, and says of each step how it stands. Places that do not
 * depend on each other are looked at side by side, and one that is broken does not keep the others from it.
 */
export async function handleDoctor(context: ReadingContext, payload: JobPayload<'doctor'>): Promise<void> {
  const { requestId, app, environment } = payload;
  const { config, store, signal, log } = context;
  await store.setRequestState(requestId as RequestId, 'running');
  const write = (kind: 'progress' | 'result') => {
    const content: DoctorReport = { report: 'doctor', app, environment, steps: [...examination.steps] };
    return publish(context, { requestId, key: 'answer', kind, content });
  };
  const progress = new LatestOnly(async () => {
    // What is not said now is said with the next step.
    await write('progress').catch((err: unknown) => log.warn({ err }, 'Progress could not be stored'));
  });
  const examination = new Examination({ signal, log, onChange: () => progress.ask() });

  const place = findEnvironment(config, environment);
  const configuration = examination.plan('configuration');
  const lookAtEngines = planEngines(examination, context, requestId);
  const looks = planPlaces(examination, context, { app, place });
  const application = findApplication(config, app);
  const lookAtCode = planCode(examination, context, application?.repository);
  const lookAtBaseline = planBaseline(examination, context, { app, environment });

  await examination.look(configuration, async () => {
    if (application === null) {
      const cure = 'Give bots and workers the same avalanche.yaml, and start them again.';
      return broken(`the workers do not know the application "${app}"`, cure);
    }
    const counts = `log servers: ${place.logServers.length}, clusters: ${place.clusters.length}`;
    return inOrder(`${config.file ?? 'no file'}, "${environment}" (${counts})`);
  });
  const [, ...found] = await Promise.all([lookAtEngines(), ...looks.map((look) => look())]);
  const [newest] = await store.listSnapshots({ app, environment, limit: 1 });
  const known = found.find(({ revision }) => revision !== null)?.revision ?? newest?.revision;
  const revision = known ?? application?.revision ?? null;
  await lookAtCode(revision);
  await lookAtBaseline(revision);

  await progress.settle();
  await write('result');
  const details = describeOthers(`${app}-${environment}`, examination.steps);
  await publish(context, { requestId, key: 'details', kind: 'result', content: details });
  await store.setRequestState(requestId as RequestId, 'done');
}

/** What is in order, and why the rest was not tried: for whoever wants to know what was looked at. */
function describeOthers(target: string, steps: readonly DoctorStep[]): TextReport {
  const others = steps.filter(({ state }) => state !== 'broken' && state !== 'doubtful');
  const lines = others.map(
    ({ name, state, found }) => `• ${name}${state === 'in order' ? '' : `, ${state}`}: ${found}`,
  );
  const title = `What else was found on the way of a snapshot of ${target}`;
  const isPodTouched = steps.some(({ name, state }) => name.startsWith(perfByExec) && state !== 'not tried');
  const touched = isPodTouched
    ? ['One command looked into the container of one pod and left nothing there.']
    : [];
  return { report: 'text', title, lines: [...lines, closing, ...touched], error: null };
}

const closing =
  'Nothing was recorded and nothing changed: places were read, and one small file was stored and removed again.';

/** Log servers and clusters, each to be looked at by itself. */
function planPlaces(
  examination: Examination,
  context: ReadingContext,
  { app, place }: { app: string; place: EnvironmentConfig },
): (() => Promise<Revision>)[] {
  const { name: environment, clusters, logServers } = place;
  const sources = logServers.length === 0 ? [] : openSources({ ...place, clusters: [] });
  const suffixOf = (index: number, count: number) => (count === 1 ? '' : ` ${index + 1}`);
  return [
    ...sources.map((source, index) => {
      const suffix = suffixOf(index, sources.length);
      return planLogServer(examination, context, { source, app, suffix });
    }),
    ...clusters.map((config, index) => {
      const suffix = suffixOf(index, clusters.length);
      return planCluster(examination, context, { config, app, environment, suffix });
    }),
  ];
}
