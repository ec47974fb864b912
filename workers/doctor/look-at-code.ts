import { join } from 'node:path';
import type { RepositoryConfig } from '../../storage/config.ts';
import { redactSecrets } from '../../storage/secrets.ts';
import { showOutsideName } from '../snapshot/outside-name.ts';
import { openGitCodeSearch } from '../suspect/code-search/git.ts';
import type { JobContext } from '../worker-context.ts';
import type { Examination } from './examination.ts';
import { doubtful, type Finding, inOrder } from './finding.ts';

/** A first copy of a large repository takes its time; what came by then is thrown away. */
const cloneMs = 180_000;

/** Whether suspects will have a file, a commit and a link. */
export function planCode(
  examination: Examination,
  { config, signal: wanted }: JobContext,
  repository: RepositoryConfig | undefined,
): (revision: string | null) => Promise<void> {
  const code = examination.plan('repository');
  const deployed = examination.plan('deployed revision');
  const mirrorDirectory = join(config.workDirectory, 'mirrors');
  return async (revision) => {
    wanted.throwIfAborted();
    if (repository === undefined) {
      const cure = 'Set `repository` of the application in avalanche.yaml.';
      const found = 'none is configured: suspects will have no file, no commit and no link';
      await examination.look(code, async () => doubtful(found, cure));
      examination.leave(deployed, 'there is no repository to look in');
      return;
    }
    const open = async (at: string | null, signal: AbortSignal) => {
      const search = await openGitCodeSearch({ repository, revision: at, mirrorDirectory, signal });
      return { search, id: (await search.resolveRevision()).id };
    };
    const isThere = await examination.look(
      code,
      async (signal): Promise<Finding<true>> => {
        const { search, id } = await open(null, signal);
        const found = `${search.describe()}: can be searched, its head is ${id.slice(0, 12)}`;
        if (repository.link !== undefined) return inOrder(found, true);
        const cure = 'Set `repository.link` of the application in avalanche.yaml.';
        return doubtful(`${found}; suspects will have no link to it`, cure, true);
      },
      cloneMs,
    );
    if (isThere === undefined) {
      examination.leave(deployed, `the repository ${redactSecrets(repository.url)} could not be read`);
      return;
    }
    await examination.look(deployed, async (signal): Promise<Finding> => {
      if (revision === null) {
        const cure =
          'Have the recorder write the revision, or the pods name it (docs/kubernetes.md), or set `revision` of the application.';
        return doubtful(
          'nothing says it: suspects are looked up at the head, where lines may have moved',
          cure,
        );
      }
      const { id } = await open(revision, signal);
      return inOrder(`${showOutsideName(revision)} is known there as ${id.slice(0, 12)}`);
    });
  };
}
