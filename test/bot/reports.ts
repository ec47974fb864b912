import type {
  BundleReport,
  DoctorReport,
  FlameGraphReport,
  HeatmapReport,
  PodsReport,
  Report,
  ReportedBurst,
  SummaryReport,
  Suspect,
  SuspectsReport,
  TextReport,
} from '../../workers/jobs.ts';

/** Reports as the workers write them, for the tests of replies and delivery. */

/** 2026-11-25 03:12:30 UTC. */
export const nowMs = Date.UTC(2026, 10, 25, 3, 12, 30);

export const suspect: Suspect = {
  rank: 1,
  function: 'computeDiscounts',
  file: 'src/pricing/discounts.ts',
  line: 42,
  share: 0.614,
  baselineShare: 0.031,
  sampleCount: 2_910,
  confidence: 'high',
  evidence: ['20 times hotter than in the baseline', 'changed in the last deploy'],
  commit: {
    id: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
    subject: 'Count discounts per item',
    author: 'Ada Lovelace',
    date: '2026-11-25T00:10:00Z',
  },
  url: 'https://git.example/shop/blob/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d/src/pricing/discounts.ts#L42',
  snippet: {
    firstLine: 40,
    markedLine: 42,
    lines: [
      '',
      '/** Every rule for every item. */',
      'export function computeDiscounts(cart: Cart) {',
      '  return cart.items.map(applyRules);',
      '}',
    ],
  },
};

const burst: ReportedBurst = {
  fromMs: 4_120,
  toMs: 6_780,
  busyRatio: 2.3,
  functions: [{ function: 'computeDiscounts', share: 0.61, shareElsewhere: 0.02 }],
};

export const summary: SummaryReport = {
  report: 'summary',
  stage: 'done',
  app: 'shop',
  environment: 'prod',
  startedAt: nowMs - 4_000,
  finishedAt: nowMs,
  pods: [
    { name: 'shop-1', state: 'captured', sampleCount: 2_500, error: null },
    { name: 'shop-2', state: 'captured', sampleCount: 2_240, error: null },
    {
      name: 'shop-3',
      state: 'failed',
      sampleCount: 0,
      error: {
        code: 'ARCHIVE_BROKEN',
        message: 'Cannot unpack the archive: it ends early',
        advice: 'Try again in a minute.',
      },
    },
  ],
  recording: {
    event: 'cpu-clock',
    rateHz: 99,
    durationMs: 58_000,
    startedAtMs: nowMs - 62_000,
    revision: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
  },
  hottest: [
    { function: 'computeDiscounts', share: 0.614 },
    { function: 'renderCart', share: 0.08 },
  ],
  quality: {
    sampleCount: 4_740,
    lostCount: 0,
    unknownRatio: 0.031,
    remarks: ['one pod of three is missing'],
  },
  verdict: 'computeDiscounts takes 61 % of the CPU time, 20 times its share when all was well',
  suspect,
  burst,
  snapshotId: '01940000-0000-7000-8000-000000000001',
  error: null,
};

export const accepted: SummaryReport = {
  ...summary,
  stage: 'accepted',
  finishedAt: null,
  pods: [],
  recording: null,
  hottest: [],
  quality: null,
  verdict: null,
  suspect: null,
  burst: null,
  snapshotId: null,
};

const failed: SummaryReport = {
  ...summary,
  stage: 'failed',
  error: {
    code: 'PERF_FAILED',
    message: 'Cannot read the recording: perf ends with 1',
    advice: 'Record it again.',
  },
};

const cancelled: SummaryReport = { ...accepted, stage: 'cancelled', cancelledBy: 'U0MAYA' };
const cancelledText: TextReport = {
  report: 'text',
  title: 'Cancelled: suspects',
  lines: [],
  error: null,
  cancelledBy: 'root',
};

export const suspects: SuspectsReport = {
  report: 'suspects',
  snapshotId: '0192aaaa-0000-7000-8000-000000000000',
  app: 'shop',
  environment: 'prod',
  verdict: 'computeDiscounts takes 61 % of the CPU time',
  suspects: [
    suspect,
    {
      ...suspect,
      rank: 2,
      function: 'renderCart',
      file: null,
      line: null,
      url: null,
      share: 0.08,
      baselineShare: null,
      confidence: 'weak',
      evidence: [],
      commit: null,
      snippet: null,
    },
  ],
  baseline: 'the snapshot of 2 hours ago',
  revision: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
  quality: { sampleCount: 4_740, lostCount: 0, unknownRatio: 0.031, remarks: [] },
};

export const flameGraph: FlameGraphReport = {
  report: 'flame-graph',
  title: 'Flame graph of shop-prod',
  altText: 'Flame graph, widest: main 100 %, computeDiscounts 61 %',
  pictureKey: 'snapshots/1/flame-graph.png',
  fileName: 'shop-prod.png',
};

export const heatmap: HeatmapReport = {
  report: 'heatmap',
  title: 'Heatmap of shop-prod',
  altText: 'Steady, but for a burst from second 4.1 to 6.8, 2.3 times as busy, mostly computeDiscounts',
  pictureKey: 'snapshots/1/heatmap.png',
  fileName: 'heatmap-shop-prod.png',
  bursts: [burst],
  snapshotId: '01940000-0000-7000-8000-000000000001',
};

const pods: PodsReport = {
  report: 'pods',
  title: 'Pods of shop in prod',
  altText: 'One stands out. shop-3: computeDiscounts 61 %, elsewhere 4.0 %',
  pictureKey: 'snapshots/1/pods.png',
  fileName: 'pods-shop-prod.png',
};

const bundle: BundleReport = {
  report: 'bundle',
  title: 'Bundle for the post-mortem of shop-prod',
  altText: 'report.md, flame-graph.png, cpu.pb.gz',
  fileKey: 'snapshots/1/bundle-2.zip',
  fileName: 'shop-prod-2026-11-25-0312.zip',
};

export const failure: TextReport = {
  report: 'text',
  title: 'That did not work',
  lines: ['A line', '  a column   1', '  b column   2'],
  error: {
    code: 'APP_UNKNOWN',
    message: 'Cannot find "shpo-prod" (did you mean "shop-prod"?)',
    advice: 'Use one of the names offered.',
  },
};

const pinned: TextReport = {
  ...cancelledText,
  title: 'The snapshot of shop-prod is pinned',
  pinned: { snapshotId: '01940000-0000-7000-8000-000000000001' },
};

export const doctor: DoctorReport = {
  report: 'doctor',
  app: 'shop',
  environment: 'prod',
  steps: [
    { name: 'configuration', state: 'in order', found: '/etc/avalanche.yaml', cure: null },
    {
      name: 'rights in the cluster',
      state: 'broken',
      found: 'the account of the workers lacks the right to create pods/exec in the namespace "shop"',
      cure: 'Add to its Role there: {apiGroups: [""], resources: ["pods/exec"], verbs: ["create"]}.',
    },
    {
      name: 'repository',
      state: 'doubtful',
      found: 'none is configured',
      cure: 'Set `repository` of the application in avalanche.yaml.',
    },
    { name: 'perf by exec', state: 'not tried', found: 'a right on pods/exec is missing', cure: null },
    { name: 'function names', state: 'not needed', found: 'nothing runs there', cure: null },
  ],
};
export const examining: DoctorReport = {
  ...doctor,
  steps: doctor.steps.map((step, index) =>
    index < 2
      ? step
      : { name: step.name, state: index === 2 ? 'looking' : 'waiting', found: null, cure: null },
  ),
};

const podList: TextReport = {
  report: 'text',
  title: 'Pods of shop-prod: 2 can be recorded',
  lines: ['Cluster prod:', '• shop-1: ready, 2 hours old', '• shop-2: Pending; not recorded: it is Pending'],
  error: null,
  target: { app: 'shop', environment: 'prod', recordSeconds: 30 },
};

export const reports: Report[] = [
  summary,
  accepted,
  failed,
  suspects,
  flameGraph,
  heatmap,
  pods,
  bundle,
  pinned,
  failure,
  doctor,
  examining,
  cancelled,
  cancelledText,
  podList,
];
