// The layer table of the design, held by a machine. Imports go downwards only:
// bot -> workers/jobs.ts, renderers, storage; workers -> renderers, storage; storage and renderers -> nothing of ours.
const rooms = '^(bot|workers|storage|renderers|deploy|test)/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that import each other are one idea in two places: move the shared part down.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'storage-imports-nothing-of-ours',
      comment: 'storage/ is the lowest room: take what you need as an argument.',
      severity: 'error',
      from: { path: '^storage/' },
      to: { path: rooms, pathNot: '^storage/' },
    },
    {
      name: 'renderers-import-nothing-of-ours',
      comment: 'A renderer declares the plain input it needs and gets it from its caller.',
      severity: 'error',
      from: { path: '^renderers/' },
      to: { path: rooms, pathNot: '^renderers/' },
    },
    {
      name: 'renderers-are-pure',
      comment: 'Renderers run unchanged in the browser: no Node modules, no packages.',
      severity: 'error',
      from: { path: '^renderers/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    {
      name: 'workers-import-downwards',
      comment:
        'workers/ may use storage/ and renderers/. What the bot must know goes through workers/jobs.ts.',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: '^(bot|deploy|test)/' },
    },
    {
      name: 'jobs-contract-is-light',
      comment: 'The contracts are imported by the bot, so they may not pull the workers in behind them.',
      severity: 'error',
      from: { path: '^workers/(jobs|exploration)\\.ts$' },
      to: { path: '^workers/', pathNot: '^workers/jobs\\.ts$' },
    },
    {
      name: 'bot-knows-workers-by-contract-only',
      comment:
        'Of workers/ the bot may import the contracts alone: jobs.ts, and exploration.ts for the explorer page.',
      severity: 'error',
      from: { path: '^bot/' },
      to: { path: '^(workers|deploy|test)/', pathNot: '^workers/(jobs|exploration)\\.ts$' },
    },
    {
      name: 'profile-is-pure',
      comment:
        'storage/profile/ computes; only adapters touch the outside. node:zlib and node:buffer compute too.',
      severity: 'error',
      from: { path: '^storage/profile/' },
      to: { path: '^storage/', pathNot: '^storage/(profile/|errors\\.ts$)' },
    },
    {
      name: 'product-does-not-import-tests',
      comment: 'Move what the product needs out of test/.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'declared-packages-only',
      comment: 'Declare the package in package.json (and in dependencies, when the product runs it).',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|\\.avalanche|test/output)' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
