/**
 * Every way in which something can end badly that a person gets to see. The queue reads `retry`,
 * the reply shows `advice`, the docs list both (test/docs.test.ts compares them).
 */
export const errorCodes = {
  // what a person typed
  COMMAND_UNKNOWN: { retry: false, advice: 'See `help` for the commands.' },
  COMMAND_USAGE: { retry: false, advice: 'See `help` for the commands and their options.' },
  APP_UNKNOWN: {
    retry: false,
    advice: 'Use one of the names offered, or add the application to avalanche.yaml.',
  },
  APP_AMBIGUOUS: { retry: false, advice: 'Name the environment with `--env`.' },
  SNAPSHOT_UNKNOWN: {
    retry: false,
    advice: 'See `list` for the snapshots that are kept, or take a new one.',
  },
  NOT_ALLOWED: {
    retry: false,
    advice:
      'Ask somebody who may, or whoever keeps `access` in avalanche.yaml. In an emergency add `--break-glass "reason"`: everybody here sees that.',
  },
  SHARED_CHANNEL: {
    retry: false,
    advice: 'Give the command in a channel of your own workspace, or set `access.sharedChannels`.',
  },
  FILE_UNREADABLE: { retry: false, advice: 'Check the path and its permissions.' },
  // configuration and engines
  CONFIG_INVALID: { retry: false, advice: 'Mend the keys named and run `avalanche config check`.' },
  ENGINE_LOCKED: {
    retry: false,
    advice: 'Stop the other process, or set AVALANCHE_DATABASE_URL to a server.',
  },
  ENGINE_UNREACHABLE: { retry: true, advice: 'Check that the server runs and that the URL is right.' },
  BLOB_MISSING: {
    retry: false,
    advice: 'The file was removed by hand or by retention: take a new snapshot.',
  },
  BLOB_UNWRITABLE: { retry: true, advice: 'Check free space and permissions of the blob folder.' },
  BLOB_REFUSED: {
    retry: false,
    advice: 'Check the bucket, the credentials in the environment and what they may do.',
  },
  // bringing the recording home
  ARCHIVE_MISSING: {
    retry: false,
    advice: 'Check that the recorder runs in the pod and that the path template of the log server fits.',
  },
  DOWNLOAD_REFUSED: {
    retry: false,
    advice: 'Give an address below one of those that `downloads` of the environment names in avalanche.yaml.',
  },
  LOG_SERVER_UNREADABLE: {
    retry: true,
    advice: 'Check that the log server is up and readable for the workers.',
  },
  ARCHIVE_BROKEN: {
    retry: false,
    advice: 'The recorder may be writing it right now: try again in a minute.',
  },
  ARCHIVE_HOSTILE: {
    retry: false,
    advice: 'Look at who may write to the log volume. Nothing of it was used.',
  },
  ARCHIVE_TOO_LARGE: { retry: false, advice: 'Raise the limit in avalanche.yaml, or keep fewer minutes.' },
  // Kubernetes
  CLUSTER_UNREACHABLE: {
    retry: true,
    advice: 'Check that the API server answers from where the workers run, and the kubeconfig.',
  },
  CLUSTER_REFUSED: {
    retry: false,
    advice: 'Give the account of the workers the right that is named (docs/kubernetes.md).',
  },
  POD_MISSING: {
    retry: false,
    advice:
      'Check that the app runs, and the label selector and namespaces of the cluster in avalanche.yaml.',
  },
  POD_GONE: { retry: false, advice: 'The pod was replaced meanwhile: run the command again.' },
  POD_BUSY: {
    retry: false,
    advice: 'One recording of a pod at a time: run the command again when that one is over.',
  },
  EXEC_CUT: { retry: true, advice: 'The connection to the pod was lost: run the command again in a minute.' },
  RECORDING_IMPOSSIBLE: {
    retry: false,
    advice: 'Mend one of the causes named; docs/kubernetes.md says what each way of recording needs.',
  },
  RECORDING_BUDGET: {
    retry: false,
    advice:
      'Run the command again later, with fewer pods or a shorter time; `record` in avalanche.yaml sets the budget.',
  },
  CAPTURE_TIMED_OUT: { retry: true, advice: 'Run the command again in a minute.' },
  // reading it
  BINUTILS_FAILED: {
    retry: false,
    advice: 'Install binutils, or fold without `--inline`.',
  },
  PERF_MISSING: { retry: false, advice: 'Install perf where the workers run (Debian: linux-perf).' },
  PERF_FAILED: {
    retry: false,
    advice: "Read perf's own words above; a recording still being written is one cause.",
  },
  FORMAT_UNKNOWN: {
    retry: false,
    advice: 'Give a recording in one of the formats that were tried; plain, .gz or .zst.',
  },
  RECORDING_DAMAGED: { retry: false, advice: 'Record it again; what was read is not passed off as whole.' },
  RECORDING_TOO_LARGE: {
    retry: false,
    advice: 'Raise the limit in avalanche.yaml, or choose a shorter time range.',
  },
  PROFILE_EMPTY: {
    retry: false,
    advice: 'The app was idle, or the recorder did not see it: check the process name.',
  },
  PROFILE_VERSION: {
    retry: false,
    advice: 'Use the version of Avalanche that wrote the file, or take a new snapshot.',
  },
  TIMES_MISSING: {
    retry: false,
    advice: 'Give a recording whose samples have times, such as perf script text; folded stacks have none.',
  },
  RANGE_EMPTY: { retry: false, advice: 'Choose a range inside the recording.' },
  SELECTION_EMPTY: { retry: false, advice: 'Choose one of those that the message names.' },
  NOT_COMPARABLE: { retry: false, advice: 'Compare by samples, or compare other recordings.' },
  SEARCH_INVALID: { retry: false, advice: 'Search for a part of the name, or a plainer regular expression.' },
  EXPLORER_BUSY: { retry: true, advice: 'Try again in a moment.' },
  // finding the code
  REPOSITORY_UNREADABLE: {
    retry: true,
    advice: 'Check the repository URL and the rights of the workers on it.',
  },
  REVISION_UNKNOWN: { retry: false, advice: 'Push the deployed revision, or record with the right one.' },
  // the conversation
  SLACK_REFUSED: {
    retry: false,
    advice: 'See the reason Slack gave; missing scopes need a reinstall of the app.',
  },
  SLACK_UNREACHABLE: { retry: true, advice: 'Avalanche keeps trying; the results are stored.' },
  REQUEST_TIMED_OUT: {
    retry: false,
    advice: 'Run the command again; `status` shows whether workers are alive.',
  },
  WORKER_LOST: {
    retry: false,
    advice: 'Look at the memory and the logs of the workers: this recording may be too much for them.',
  },
  REQUEST_UNKNOWN: {
    retry: false,
    advice: 'Give the id that stands in the answer to the command; in its thread none is needed.',
  },
  REQUEST_CANCELLED: { retry: false, advice: 'Run the command again when it is wanted after all.' },
  INTERNAL: { retry: false, advice: 'This is our mistake: please report it with the request id.' },
} as const satisfies Record<string, { retry: boolean; advice: string }>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * An error meant for a person. The message follows one shape: Cannot + action + the "value": current
 * state (and wanted state), no final stop. `details` are for the log; never put a secret in them.
 */
export class AvalancheError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AvalancheError';
    this.code = code;
    this.details = details;
  }

  get retry(): boolean {
    return errorCodes[this.code].retry;
  }

  get advice(): string {
    return errorCodes[this.code].advice;
  }
}

/** Whether what failed was the place where everything is kept, and not the work. */
export function isEngineAway(error: unknown): boolean {
  return error instanceof AvalancheError && error.code === 'ENGINE_UNREACHABLE';
}

/** Any thrown value as an AvalancheError: what is not one already is our own mistake, with its cause kept. */
export function toAvalancheError(error: unknown): AvalancheError {
  if (error instanceof AvalancheError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AvalancheError('INTERNAL', `Cannot go on: ${message}`, {}, error);
}
