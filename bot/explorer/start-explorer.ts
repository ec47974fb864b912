import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { Config } from '../../storage/config.ts';
import type { SnapshotId, Store } from '../../storage/database/store.ts';
import type { Exploration } from '../../workers/exploration.ts';
import { LinkSigner } from './link-signer.ts';
import { openExplorerServer } from './open-explorer-server.ts';
import { SnapshotSubjects } from './snapshot-subjects.ts';

const dayMs = 86_400_000;

export type Explorer = {
  /**
   * The address of a snapshot's page, the same whenever it is asked for; null when nobody configured where
   * people reach it.
   *
   * @param issuedAt when whatever holds the link was asked for: it expires some days after
   */
  link: ((snapshotId: string, issuedAt: number, chosen?: Record<string, string>) => string) | null;
  /** Where this process serves it; null where it does not. */
  url: string | null;
  close(): Promise<void>;
};

/**
 * Serves the explorer where a port is configured, and makes the links to it, which may be served by another bot
 * of the same database.
 *
 * @param openExploration how recordings are read and asked: the workers' part, handed in
 * @throws AvalancheError CONFIG_INVALID when the port cannot be opened
 */
export async function startExplorer({
  config,
  store,
  blobs,
  log,
  openExploration,
}: {
  config: Pick<Config, 'explorer' | 'applications'>;
  store: Store;
  blobs: BlobStore;
  log: Logger;
  openExploration: (options: { cacheBytes: number }) => Exploration;
}): Promise<Explorer> {
  const { host, port, url, linkDays, cacheBytes } = config.explorer;
  if (port === null && url === undefined) return { link: null, url: null, close: async () => {} };
  const signer = new LinkSigner(await readKeys(config.explorer.keys, store));
  const subjects = new SnapshotSubjects({ store, blobs, applications: config.applications });
  const exploration = openExploration({ cacheBytes });
  const openSubject = async (token: string) => {
    const claims = signer.verify(token, Date.now());
    return claims === null ? null : await subjects.open(claims.subject as SnapshotId, claims.issuedAt);
  };
  const server =
    port === null ? null : await openExplorerServer({ host, port, exploration, openSubject, log });
  if (server !== null) log.info({ url: server.url }, 'Explorer is served');
  const link =
    (base: string) =>
    (subject: string, issuedAt: number, chosen: Record<string, string> = {}) => {
      const token = signer.sign({ subject, issuedAt, expiresAt: issuedAt + linkDays * dayMs });
      const query = new URLSearchParams(chosen).toString();
      return `${base}/s/${token}/${query === '' ? '' : `?${query}`}`;
    };
  return {
    link: url === undefined ? null : link(url),
    url: server?.url ?? null,
    async close() {
      await server?.close();
      await exploration.close();
    },
  };
}

/** The key of the environment, or one that the first process makes for all of them. */
async function readKeys(configured: readonly string[], store: Store): Promise<readonly string[]> {
  if (configured.length > 0) return configured;
  return [await store.keepSecret('explorer-link-key', randomBytes(32).toString('base64url'))];
}
