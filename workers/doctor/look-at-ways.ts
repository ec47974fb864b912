import type { RecordConfig } from '../../storage/cluster-config.ts';
import type { DoctorStep } from '../jobs.ts';
import { showOutsideName } from '../snapshot/outside-name.ts';
import type { KubernetesClient } from '../snapshot/sources/kubernetes-client.ts';
import { ApiRefusal, explainRefusal } from '../snapshot/sources/kubernetes-errors.ts';
import type { RecordablePod } from '../snapshot/sources/kubernetes-pods.ts';
import { tryContainer } from '../snapshot/sources/kubernetes-record-ephemeral.ts';
import { WayImpossible } from '../snapshot/sources/record-order.ts';
import type { Examination } from './examination.ts';
import { broken, type Finding, inOrder } from './finding.ts';
import { judgePerf, judgeSymbols } from './judge-container.ts';
import { isMissing, type MissingRights } from './look-at-rights.ts';
import { lookIntoContainer, type Probe } from './look-into-container.ts';

/** The step in which a command is run in a pod. */
export const perfByExec = 'perf by exec';

type Ways = {
  steps: readonly DoctorStep[];
  look(client: KubernetesClient, place: RecordablePod, missing: MissingRights): Promise<void>;
};

/** The ways of recording a pod now, as far as the configuration has them. One that works is enough. */
export function planWays(examination: Examination, config: RecordConfig | undefined, suffix: string): Ways {
  if (config === undefined) {
    const step = examination.plan(`recording now${suffix}`);
    const look = async () =>
      examination.leave(step, 'the cluster has no `record` in avalanche.yaml, so `--for` is refused there');
    return { steps: [step], look };
  }
  const { endpoint, ephemeral, process } = config;
  const profiler = endpoint && examination.plan(`the app's own profiler${suffix}`);
  const perf = examination.plan(`${perfByExec}${suffix}`);
  const beside = ephemeral && examination.plan(`ephemeral container${suffix}`);
  const symbols = examination.plan(`function names${suffix}`);
  return {
    steps: [profiler, perf, beside, symbols].filter((step) => step !== undefined),
    async look(client, place, missing) {
      let probe: Probe | undefined;
      const tryWay = async (
        step: DoctorStep,
        needs: readonly string[],
        look: (signal: AbortSignal) => Promise<Finding<true>>,
      ) => {
        const lacking = needs.filter((resource) => isMissing(missing, resource, place.namespace));
        if (lacking.length === 0) return await examination.look(step, look);
        examination.leave(step, `a right on ${lacking.join(' and ')} is missing`);
        return undefined;
      };
      const isHeard =
        profiler &&
        (await tryWay(profiler, ['pods/proxy'], (signal) =>
          lookAtProfiler(client, place, { endpoint: endpoint!, signal }),
        ));
      const mayRecord = await tryWay(perf, ['pods/exec'], async (signal) => {
        probe = await lookIntoContainer(client, place, signal);
        return judgePerf(probe, { container: place.container, process });
      });
      const isTaken =
        beside &&
        (await tryWay(beside, ['pods/ephemeralcontainers', 'pods/exec'], (signal) =>
          lookAtEphemeral(client, place, { ephemeral: ephemeral!, signal }),
        ));
      // In a container beside the app commands are run too.
      if (isHeard || mayRecord || (isTaken && probe !== undefined)) {
        examination.excuse(perf, 'not needed');
        // Those are there because somebody set them up.
        for (const step of [profiler, beside]) if (step !== undefined) examination.excuse(step, 'doubtful');
      }
      if (probe?.hasShell === true) {
        const seen = probe;
        await examination.look(symbols, async () => judgeSymbols(seen));
      } else examination.leave(symbols, 'nothing could be run in the container');
    },
  };
}

/** What an app says no with; with anything else the API server may have spoken for itself. */
const appStatuses = new Set([301, 302, 303, 307, 308, 401, 403, 404, 405]);

/** Asks for the least that shows whether somebody listens: a profile would take its time, and the app's. */
async function lookAtProfiler(
  client: KubernetesClient,
  { namespace, pod }: RecordablePod,
  { endpoint, signal }: { endpoint: NonNullable<RecordConfig['endpoint']>; signal: AbortSignal },
): Promise<Finding<true>> {
  const { port, path } = endpoint;
  const heard = inOrder(
    `port ${port} of ${showOutsideName(pod)} answers; whether ${path} gives a profile shows only when it is asked for`,
    true as const,
  );
  try {
    const proxy = `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy/`;
    const answer = await client.stream(proxy, { method: 'HEAD', signal });
    answer.resume();
    return heard;
  } catch (error) {
    if (error instanceof ApiRefusal && appStatuses.has(error.status)) return heard;
    if (error instanceof ApiRefusal) {
      const cure =
        'Check `record.endpoint.port` of the cluster, that the app listens there on all addresses, and network policies.';
      return broken(`port ${port} of ${showOutsideName(pod)} does not answer (${error.status})`, cure);
    }
    const right = { verbs: ['get'], resource: 'pods/proxy', namespace };
    throw explainRefusal(error, { action: `ask the pod "${pod}"`, cluster: client.name, right });
  }
}

/** A dry run: the cluster judges the container and makes none. */
async function lookAtEphemeral(
  client: KubernetesClient,
  place: RecordablePod,
  given: { ephemeral: NonNullable<RecordConfig['ephemeral']>; signal: AbortSignal },
): Promise<Finding<true>> {
  try {
    await tryContainer(client, place, given);
  } catch (error) {
    if (!(error instanceof WayImpossible)) throw error;
    const cure =
      'Let the namespace have such containers: its Pod Security level, admission policies, and `record.ephemeral.capabilities` of the cluster.';
    return broken(error.message, cure);
  }
  const { image } = given.ephemeral;
  const found = `the cluster would take one (asked as a dry run); whether ${image} can be pulled shows only then`;
  return inOrder(found, true);
}
