import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { ApplicationConfig } from '../../storage/config.ts';
import type { SnapshotId, SnapshotRow, Store } from '../../storage/database/store.ts';
import { findBaselineRow } from '../../storage/find-baseline-row.ts';
import { reportSchema } from '../../workers/jobs.ts';
import type { Subject } from './subject.ts';

/** A page asks a dozen times; what it is about does not change meanwhile. */
const mostRemembered = 200;

/** What a stored snapshot shows in the explorer: its profile, the one before, and what its thread said. */
export class SnapshotSubjects {
  readonly #store: Store;
  readonly #blobs: BlobStore;
  readonly #applications: readonly ApplicationConfig[];
  readonly #remembered = new Map<SnapshotId, Subject>();

  constructor(parts: { store: Store; blobs: BlobStore; applications: readonly ApplicationConfig[] }) {
    this.#store = parts.store;
    this.#blobs = parts.blobs;
    this.#applications = parts.applications;
  }

  /**
   * Whether it may be opened is asked every time, so that a revocation holds at once.
   *
   * @param issuedAt when the link was made
   * @returns null when the snapshot is no longer kept, or its links of that time are revoked
   */
  async open(id: SnapshotId, issuedAt: number): Promise<Subject | null> {
    const [row, revokedAt] = await Promise.all([
      this.#store.findSnapshot(id),
      this.#store.findLinkRevocation(id),
    ]);
    if (row === undefined) {
      this.#remembered.delete(id);
      return null;
    }
    if (revokedAt !== null && issuedAt <= revokedAt) return null;
    const known = this.#remembered.get(id);
    if (known !== undefined) return known;
    const subject = await this.#build(row);
    this.#remembered.set(id, subject);
    if (this.#remembered.size > mostRemembered) {
      this.#remembered.delete(this.#remembered.keys().next().value!);
    }
    return subject;
  }

  async #build(row: SnapshotRow): Promise<Subject> {
    const { app, environment } = row;
    const application = this.#applications.find(({ name }) => name === app) ?? null;
    const revision = row.revision ?? application?.revision ?? null;
    const [baseline, reports] = await Promise.all([
      findBaselineRow(this.#store, { ...row, revision }),
      this.#readReports(row),
    ]);
    const { suspects, bursts } = reports;
    return {
      recording: {
        ...this.#profile(row),
        application:
          application === null ? null : { own: application.own, repository: application.repository },
        baseline: baseline === null ? null : { ...this.#profile(baseline.row), name: baseline.name },
        suspects,
      },
      title: `${app}-${environment}`,
      fileName: `${app}-${environment}-${new Date(row.createdAt).toISOString().slice(0, 16).replace(/[T:]/g, '-')}`,
      verdict: row.verdict,
      suspects,
      bursts,
    };
  }

  #profile({ id, profileKey }: SnapshotRow) {
    return { key: id, read: () => this.#blobs.read(profileKey) };
  }

  /** As they stand in the thread, so that numbers there and here are the same. */
  async #readReports({ requestId }: SnapshotRow): Promise<Pick<Subject, 'suspects' | 'bursts'>> {
    const messages = await this.#store.listMessages(requestId);
    const found: { suspects: Subject['suspects']; bursts: Subject['bursts'] } = {
      suspects: [],
      bursts: null,
    };
    for (const { content } of messages) {
      const report = reportSchema.safeParse(content).data;
      if (report?.report === 'suspects') found.suspects = report.suspects;
      if (report?.report === 'heatmap') found.bursts = report.bursts;
    }
    return found;
  }
}
