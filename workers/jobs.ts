import { z } from 'zod';
import type { JobQueue } from '../storage/queue.ts';

/**
 * The contract between bot and workers: job names, payloads, and the reports that workers store as
 * messages. The only file of workers/ that bot/ may import.
 *
 *     bot ──snapshot──▶ locate pods ──▶ capture (one per pod) ──▶ report: merge, suspects, picture
 *      ▲ └──suspects──▶ the same on a stored snapshot                        │
 *      └────── deliver: "this request has messages newer than what Slack shows" ◀──┘
 */

const requestId = z.string().min(1);

/** Milliseconds since 1970, or an offset into the recording where the name says so. */
const milliseconds = z.number();

const windowSchema = z.object({
  /** Offsets into the recording; absent means its whole length. */
  fromMs: milliseconds.optional(),
  toMs: milliseconds.optional(),
  /** The last so many milliseconds of the recording. */
  beforeMs: milliseconds.optional(),
});
export type Window = z.infer<typeof windowSchema>;

/** Of which pods, and whether what they did is read or what they do is recorded. */
const wishSchema = z.object({
  /** Record now, for so long; absent reads what rolling recorders have published. */
  recordMs: milliseconds.optional(),
  /** This pod alone. */
  pod: z.string().optional(),
  /** At most so many, and never more than the limit of the configuration. */
  podCount: z.number().int().optional(),
  container: z.string().optional(),
  /** This recording alone, from one of the places that the environment names in `downloads`. */
  url: z.string().optional(),
});
export type Wish = z.infer<typeof wishSchema>;

const partSchema = z.object({
  window: windowSchema,
  /** Milliseconds of the day in UTC; `toMs` may lie beyond midnight. */
  clock: z.object({ fromMs: milliseconds, toMs: milliseconds }).nullable(),
  /** The burst whose window it is, as the heatmap numbers it. */
  burst: z.number().int().nullable(),
  /** A pod; or what a function is called that stands on the stack. */
  only: z.string().nullable(),
  /** Command names of threads; `*` stands for anything. */
  threads: z.string().nullable(),
  /** Leaves out what has such a function or module on the stack; `GC` means what collects garbage, in any runtime. */
  without: z.string().nullable(),
});
/** What somebody wants to see of a snapshot. */
export type Part = z.infer<typeof partSchema>;

const captureOutcome = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('captured'),
    pod: z.string(),
    profileKey: z.string(),
    sampleCount: z.number(),
    archiveBytes: z.number(),
    /** In which way it came, where there is more than one. */
    how: z.string().nullable().default(null),
    /** Doubts, one short sentence each. */
    remarks: z.array(z.string()).default([]),
  }),
  z.object({
    state: z.literal('failed'),
    pod: z.string(),
    error: z.object({ code: z.string(), message: z.string(), advice: z.string() }),
  }),
]);
export type CaptureOutcome = z.infer<typeof captureOutcome>;

/** attempts and backoff: see storage/queue.ts; final errors are not tried again whatever stands here. */
export const jobs = {
  /** Finds the pods and adds one capture for each, with `report` as their parent. */
  snapshot: {
    payload: z.object({
      requestId,
      app: z.string(),
      environment: z.string(),
      window: windowSchema,
      wish: wishSchema.default({}),
    }),
    attempts: 3,
    backoffMs: 2_000,
  },
  /** Brings one pod's recording home and reads it into a profile. A pod that fails for good is an outcome, not an error. */
  capture: {
    payload: z.object({
      requestId,
      app: z.string(),
      environment: z.string(),
      pod: z.string(),
      window: windowSchema,
      wish: wishSchema.default({}),
      /** What the source needs to fetch it; opaque to everything but that source. */
      source: z.object({ kind: z.string(), locator: z.record(z.string(), z.string()) }),
    }),
    result: captureOutcome,
    attempts: 3,
    backoffMs: 1_000,
  },
  report: {
    payload: z.object({ requestId, app: z.string(), environment: z.string(), window: windowSchema }),
    attempts: 3,
    backoffMs: 1_000,
  },
  /** Names suspects in a stored snapshot, or in a part of it. */
  suspects: {
    payload: z.object({ requestId, snapshotId: z.string(), window: windowSchema }),
    attempts: 3,
    backoffMs: 1_000,
  },
  /** Compares a stored snapshot, or a part of it, with another one; without `baselineId` with that of the last revision before. */
  diff: {
    payload: z.object({
      requestId,
      snapshotId: z.string(),
      baselineId: z.string().nullable(),
      window: windowSchema,
    }),
    attempts: 3,
    backoffMs: 1_000,
  },
  /** Draws a part of a stored snapshot and says what is hot in it. All that is given restricts it together. */
  zoom: {
    payload: z.object({ requestId, snapshotId: z.string(), part: partSchema }),
    attempts: 3,
    backoffMs: 1_000,
  },
  /** Packs a stored snapshot, and what was said of it, into one file for the post-mortem. */
  export: {
    payload: z.object({ requestId, snapshotId: z.string() }),
    attempts: 3,
    backoffMs: 1_000,
  },
  /** Goes the way of a snapshot without recording, and says of each step how it stands. */
  doctor: {
    payload: z.object({ requestId, app: z.string(), environment: z.string() }),
    attempts: 2,
    backoffMs: 1_000,
  },
  /** Says which pods an app has and what can be recorded of each. */
  pods: {
    payload: z.object({ requestId, app: z.string(), environment: z.string() }),
    attempts: 2,
    backoffMs: 1_000,
  },
  /** Removes what is too old; belongs to no request. */
  retention: { payload: z.object({}), attempts: 1, backoffMs: 0 },
  /** Wakes the bot's delivery. Loss is harmless: a sweep looks again. */
  deliver: { payload: z.object({ requestId }), attempts: 1, backoffMs: 0 },
} as const;

export type JobName = keyof typeof jobs;
export const jobNames = Object.keys(jobs) as JobName[];
/** The jobs of the workers; `deliver` is the bot's own. */
export const workerJobs = jobNames.filter((name) => name !== 'deliver');
export type JobPayload<Name extends JobName> = z.infer<(typeof jobs)[Name]['payload']>;

/** A job as the queue takes it, its payload checked against the contract. */
export function jobToAdd<Name extends JobName>(name: Name, id: string, payload: JobPayload<Name>) {
  const { attempts, backoffMs } = jobs[name];
  return { name, id, payload: jobs[name].payload.parse(payload), attempts, backoffMs };
}

export async function enqueue<Name extends JobName>(
  queue: JobQueue,
  name: Name,
  id: string,
  payload: JobPayload<Name>,
): Promise<void> {
  await queue.add(jobToAdd(name, id, payload));
}

// ── Reports: what a message should say ──────────────────────────────────────────────────────────

export const confidences = ['high', 'likely', 'weak'] as const;

const commitSchema = z.object({
  id: z.string(),
  subject: z.string(),
  author: z.string(),
  /** ISO 8601, UTC. */
  date: z.string(),
});
export type Commit = z.infer<typeof commitSchema>;

export const suspectSchema = z.object({
  rank: z.number().int(),
  /** As people write it: `computeDiscounts`, `Cart.total`. */
  function: z.string(),
  /** Of a function without a name, the one it is written in, where the source says so. */
  writtenIn: z.string().optional(),
  /** Path in the repository when found there, else as the frame has it; null when unknown. */
  file: z.string().nullable(),
  /** 1-based line of the definition; null when unknown. */
  line: z.number().int().nullable(),
  /** 0 to 1: time in the function, what it calls in libraries, runtime and kernel included, of all samples selected. */
  share: z.number(),
  /** The same in the baseline; null without one. */
  baselineShare: z.number().nullable(),
  /** Samples in which it was running. */
  sampleCount: z.number(),
  confidence: z.enum(confidences),
  /** Why it is thought so, one short sentence each; the doubts too. */
  evidence: z.array(z.string()),
  commit: commitSchema.nullable(),
  /** Permanent link to file and line at the recorded revision; null when there is no code host or no file. */
  url: z.string().nullable(),
  snippet: z
    .object({ firstLine: z.number().int(), lines: z.array(z.string()), markedLine: z.number().int() })
    .nullable(),
});
export type Suspect = z.infer<typeof suspectSchema>;

const errorReportSchema = z.object({ code: z.string(), message: z.string(), advice: z.string() });
export type ErrorReport = z.infer<typeof errorReportSchema>;

const qualitySchema = z.object({
  sampleCount: z.number(),
  lostCount: z.number(),
  /** Share of the samples whose innermost frame has no name. */
  unknownRatio: z.number(),
  /** Doubts worth a person's attention, e.g. a very thin recording. */
  remarks: z.array(z.string()),
});
export type Quality = z.infer<typeof qualitySchema>;

const burstSchema = z.object({
  /** Since the first sample. */
  fromMs: milliseconds,
  toMs: milliseconds,
  /** Samples a second as a multiple of those elsewhere; null when there are none elsewhere. */
  busyRatio: z.number().nullable(),
  /** What grew most, by share of the samples (0 to 1); what explains it best first. */
  functions: z.array(z.object({ function: z.string(), share: z.number(), shareElsewhere: z.number() })),
});
/** A time range in which the amount or the mix of work departs from the rest of a recording. */
export type ReportedBurst = z.infer<typeof burstSchema>;

/** The one message that is the answer, edited in place from first sign of life to verdict. */
export const summaryReportSchema = z.object({
  report: z.literal('summary'),
  stage: z.enum([
    'accepted',
    /** Another snapshot of the same app is ahead. */
    'waiting',
    'locating',
    'capturing',
    'drawing',
    'suspecting',
    'done',
    'failed',
    'cancelled',
  ]),
  app: z.string(),
  environment: z.string(),
  startedAt: milliseconds,
  finishedAt: milliseconds.nullable(),
  pods: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['waiting', 'captured', 'failed']),
      sampleCount: z.number(),
      error: errorReportSchema.nullable(),
      /** In which way it was recorded; messages of earlier versions do not say. */
      how: z.string().nullish(),
    }),
  ),
  /** Null until the recording is read. */
  recording: z
    .object({
      event: z.string(),
      rateHz: z.number().nullable(),
      durationMs: milliseconds,
      /** Wall clock, where the recording has an anchor. */
      startedAtMs: milliseconds.nullable(),
      revision: z.string().nullable(),
    })
    .nullable(),
  /** Own functions by total share, hottest first. */
  hottest: z.array(z.object({ function: z.string(), share: z.number() })),
  quality: qualitySchema.nullable(),
  /** One sentence: what is hot, or why nothing can be said. Null until known. */
  verdict: z.string().nullable(),
  suspect: suspectSchema.nullable(),
  /** The first of the bursts of the whole recording; messages of earlier versions have none. */
  burst: burstSchema.nullable().default(null),
  snapshotId: z.string().nullable(),
  error: errorReportSchema.nullable(),
  /** For how long each pod is recorded on demand; absent when what was recorded before is read. */
  recordMs: milliseconds.optional(),
  /** Who cancelled it: an id of Slack, or a name in a terminal. */
  cancelledBy: z.string().optional(),
});
export type SummaryReport = z.infer<typeof summaryReportSchema>;

/** The summary of a command that was understood, and of which nothing more is known. */
export function newSummary(about: Pick<SummaryReport, 'app' | 'environment' | 'startedAt'>): SummaryReport {
  return {
    report: 'summary',
    stage: 'accepted',
    ...about,
    finishedAt: null,
    pods: [],
    recording: null,
    hottest: [],
    quality: null,
    verdict: null,
    suspect: null,
    burst: null,
    snapshotId: null,
    error: null,
  };
}

const pictureFields = {
  title: z.string(),
  altText: z.string(),
  /** Blob key of the PNG. */
  pictureKey: z.string(),
  fileName: z.string(),
};

const flameGraphReportSchema = z.object({ report: z.literal('flame-graph'), ...pictureFields });
export type FlameGraphReport = z.infer<typeof flameGraphReportSchema>;

const heatmapReportSchema = z.object({
  report: z.literal('heatmap'),
  ...pictureFields,
  /** In the order of their numbers in the picture. */
  bursts: z.array(burstSchema),
  /** Messages of earlier versions have none. */
  snapshotId: z.string().nullable().default(null),
});
export type HeatmapReport = z.infer<typeof heatmapReportSchema>;

/** Pods beside each other, where one stands out. */
const podsReportSchema = z.object({ report: z.literal('pods'), ...pictureFields });
export type PodsReport = z.infer<typeof podsReportSchema>;

/** Everything about a snapshot in one file, for the post-mortem. */
const bundleReportSchema = z.object({
  report: z.literal('bundle'),
  title: z.string(),
  /** What is in it. */
  altText: z.string(),
  /** Blob key of the zip file. */
  fileKey: z.string(),
  fileName: z.string(),
});
export type BundleReport = z.infer<typeof bundleReportSchema>;

/** What is shown as an uploaded picture. */
export type PictureReport = Extract<Report, { pictureKey: string }>;

export function isPicture(report: Report): report is PictureReport {
  return 'pictureKey' in report;
}

/** What is uploaded. */
export type FileReport = PictureReport | BundleReport;

export function isFile(report: Report): report is FileReport {
  return isPicture(report) || report.report === 'bundle';
}

/** Where the file of a report lies. */
export function fileKeyOf(report: FileReport): string {
  return isPicture(report) ? report.pictureKey : report.fileKey;
}

const suspectsReportSchema = z.object({
  report: z.literal('suspects'),
  /** Messages of earlier versions have none. */
  snapshotId: z.string().nullable().default(null),
  app: z.string(),
  environment: z.string(),
  verdict: z.string(),
  suspects: z.array(suspectSchema),
  /** What the shares are compared with; null without a baseline. */
  baseline: z.string().nullable(),
  revision: z.string().nullable(),
  quality: qualitySchema,
});
export type SuspectsReport = z.infer<typeof suspectsReportSchema>;

const doctorStepSchema = z.object({
  /** What is looked at: `rights in the cluster`. */
  name: z.string(),
  state: z.enum([
    'waiting',
    'looking',
    'in order',
    /** A snapshot would be taken all the same, and be worth less. */
    'doubtful',
    /** A snapshot would fail here. */
    'broken',
    /** It would be broken, if there were no other way. */
    'not needed',
    /** For the reason that stands in `found`. */
    'not tried',
  ]),
  /** One sentence; null until it is known. */
  found: z.string().nullable(),
  /** What to do; null when nothing is to be done. */
  cure: z.string().nullable(),
});
export type DoctorStep = z.infer<typeof doctorStepSchema>;

/** How the way of a snapshot stands, step by step, in the order of the way. */
const doctorReportSchema = z.object({
  report: z.literal('doctor'),
  app: z.string(),
  environment: z.string(),
  steps: z.array(doctorStepSchema),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;

/** An answer that needs no worker: help, list, status; or why a command ended without a snapshot. */
const textReportSchema = z.object({
  report: z.literal('text'),
  title: z.string(),
  lines: z.array(z.string()),
  error: errorReportSchema.nullable(),
  /** As in a summary. */
  cancelledBy: z.string().optional(),
  /** The stretch of a snapshot that it is about. */
  stretch: z.object({ snapshotId: z.string(), fromMs: milliseconds, toMs: milliseconds }).optional(),
  /** An app of which a snapshot can be taken now. */
  target: z
    .object({ app: z.string(), environment: z.string(), recordSeconds: z.number().nullable() })
    .optional(),
  /** Who ran what no rule allows. */
  brokenBy: z.string().optional(),
  /** The snapshot that it says is pinned. */
  pinned: z.object({ snapshotId: z.string() }).optional(),
});
export type TextReport = z.infer<typeof textReportSchema>;

export const reportSchema = z.discriminatedUnion('report', [
  summaryReportSchema,
  flameGraphReportSchema,
  heatmapReportSchema,
  podsReportSchema,
  bundleReportSchema,
  suspectsReportSchema,
  doctorReportSchema,
  textReportSchema,
]);
export type Report = z.infer<typeof reportSchema>;

/** Keys of messages, in the order in which they stand in the thread. */
export const messageKeys = [
  'summary',
  'break-glass',
  'flame-graph',
  'suspects',
  'heatmap',
  'pods',
  'answer',
  'details',
  'bundle',
] as const;
export type MessageKey = (typeof messageKeys)[number];
