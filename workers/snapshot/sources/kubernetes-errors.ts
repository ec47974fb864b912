import { AvalancheError } from '../../../storage/errors.ts';
import { showOutsideName } from '../outside-name.ts';

/** What an account must be allowed to do for one request. */
export type Right = { verbs: readonly string[]; resource: string; namespace: string };

/** An answer of the API server that is no success, before it is known what it means. */
export class ApiRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * What went wrong with a request, for a person: the missing right as the rule to add, word for word.
 *
 * @param action what was to be done, to stand after "Cannot"
 */
export function explainRefusal(
  error: unknown,
  { action, cluster, right }: { action: string; cluster: string; right: Right },
): AvalancheError {
  if (error instanceof AvalancheError) return error;
  if (!(error instanceof ApiRefusal)) {
    const state = `the cluster ${cluster} does not answer (${describeCause(error)})`;
    return new AvalancheError('CLUSTER_UNREACHABLE', `Cannot ${action}: ${state}`, {}, error);
  }
  const said = showOutsideName(error.message);
  switch (error.status) {
    case 401: {
      const state = `the cluster ${cluster} does not know the account of the workers (401)`;
      return new AvalancheError('CLUSTER_REFUSED', `Cannot ${action}: ${state}`, {}, error);
    }
    case 403:
      return new AvalancheError(
        'CLUSTER_REFUSED',
        `Cannot ${action}: ${missingRight(right)}`,
        { said },
        error,
      );
    case 404:
      return new AvalancheError('POD_GONE', `Cannot ${action}: it is gone (404)`, { said }, error);
    default: {
      const isPassing = error.status === 429 || error.status >= 500;
      const code = isPassing ? 'CLUSTER_UNREACHABLE' : 'CLUSTER_REFUSED';
      return new AvalancheError(
        code,
        `Cannot ${action}: the cluster ${cluster} answers ${error.status}, "${said}"`,
        {},
        error,
      );
    }
  }
}

/** `missing right to create pods/exec in the namespace "shop" (rule: {apiGroups: [""], …})`. */
export function missingRight(right: Right): string {
  const { verbs, resource, namespace } = right;
  return `the account of the workers has no right to ${verbs.join(' and ')} ${resource} in the namespace "${namespace}" (its Role there needs the rule ${ruleFor(right)})`;
}

/** What a Role has to hold, word for word. */
export function ruleFor({ verbs, resource }: Right): string {
  return `{apiGroups: [""], resources: ["${resource}"], verbs: [${verbs.map((verb) => `"${verb}"`).join(', ')}]}`;
}

function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return showOutsideName(code ?? error.message);
}
