import type { RequestId, RequestRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import type { CommandContext } from './command.ts';
import { uuid } from './uuid.ts';
import { countArguments, type Words } from './words.ts';

/** The words of a command that takes one request, or none for that of its thread. */
export function readRequestId(
  { positionals }: Words,
  { addIssue }: { addIssue: (problem: string) => void },
): { id: RequestId | undefined } {
  const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
  if (problem !== undefined) addIssue(problem);
  const [id] = positionals;
  if (id !== undefined && !uuid.test(id)) addIssue(`"${id}" is no request id`);
  return { id: id?.toLowerCase() as RequestId | undefined };
}

/** People of one workspace may do this for each other; whoever has the terminal may do it to everything. */
export async function findRequestById(
  { store, request }: CommandContext,
  id: RequestId,
  action: string,
): Promise<RequestRow> {
  const found = await store.findRequest(id);
  if (found !== undefined && (request.source === 'terminal' || found.teamId === request.teamId)) return found;
  throw new AvalancheError(
    'REQUEST_UNKNOWN',
    `Cannot ${action} the request "${id}": it is not, or no longer, kept`,
  );
}
