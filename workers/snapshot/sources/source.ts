import type { Limits } from '../../../storage/config.ts';

export type FoundPod = {
  pod: string;
  /** When its recording was last written: milliseconds since 1970. */
  updatedAt: number;
  /** What the same source needs to fetch it; opaque to everybody else. */
  locator: Record<string, string>;
};

export type FoundPods = {
  /** Newest first, each pod once. */
  pods: FoundPod[];
  /** Where was looked and what was there: one line a place, for the message when nothing is found. Bounded. */
  searched: string[];
  /** Something on the way may not be read by the workers. */
  isRefused?: boolean;
};

/** A way to get the recordings of an environment's pods. One file each, and a line in open-sources.ts. */
export type RecordingSource = {
  /** Tells the sources of one environment apart. */
  kind: string;
  /** For people: `log server /var/log/pods, template $app/$pod/perf-record.tar.gz`. */
  describe(): string;
  /** @throws AvalancheError LOG_SERVER_UNREADABLE when the source as a whole cannot be asked; the signal's reason */
  findPods(app: string, signal?: AbortSignal): Promise<FoundPods>;
  /**
   * Brings one recording home.
   *
   * @param destination file to write; it must not exist, and does not after a failure
   * @throws AvalancheError ARCHIVE_MISSING (gone meanwhile), ARCHIVE_BROKEN (rewritten while it was read),
   *   ARCHIVE_TOO_LARGE, LOG_SERVER_UNREADABLE; the signal's reason when aborted
   */
  fetch(
    locator: Record<string, string>,
    destination: string,
    limits: Limits,
    signal?: AbortSignal,
  ): Promise<Fetched>;
};

type Fetched = {
  bytes: number;
  /** In which way it came, for people, where there is more than one: `perf in the container "app"`. */
  how?: string;
  /** Doubts and what else people should know, one short sentence each. */
  remarks?: string[];
  /** Deployed revision as the pod's description states it; for a recording that does not. */
  revision?: string | null;
};
