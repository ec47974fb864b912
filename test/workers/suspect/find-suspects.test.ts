import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RepositoryConfig } from '../../../storage/config.ts';
import { AvalancheError } from '../../../storage/errors.ts';
import { FrameKind, NO_STACK, type Profile } from '../../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../../storage/profile/profile-builder.ts';
import { suspectSchema } from '../../../workers/jobs.ts';
import type { CodeSearch } from '../../../workers/suspect/code-search/code-search.ts';
import { openGitCodeSearch } from '../../../workers/suspect/code-search/git.ts';
import { type FindSuspectsInput, findSuspects } from '../../../workers/suspect/find-suspects.ts';
import { TestRepository } from './git-repository.ts';
import { profileOf } from './profiles.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

async function find(profile: Profile, more: Partial<FindSuspectsInput> = {}) {
  const nothing = { selection: {}, baseline: null, application: null, revision: null, codeSearch: null };
  return await findSuspects({ profile, nowMs, ...nothing, ...more });
}

async function findWith(folded: string, baseline: string) {
  return await find(profileOf(folded), { baseline: profileOf(baseline) });
}

async function verdict(
  folded: string,
  baseline: string | null = null,
  facts: { rateHz?: number; event?: string } = {},
) {
  const profile = profileOf(folded, facts);
  return (await find(profile, { baseline: baseline === null ? null : profileOf(baseline) })).verdict;
}

describe('verdict', () => {
  test.each<[string, string, string | null, string]>([
    [
      'a function that grew',
      'main;price 600\nmain;load 400',
      'main;price 50\nmain;load 950',
      '`price` takes 60 % of the CPU samples (57-63 %), 55 points more than in the baseline',
    ],
    [
      'its caller, which grew with it',
      'main;score;line 500\nmain;load 500',
      'main;score;line 10\nmain;load 900',
      '`line`, called by `score`, takes 50 % of the CPU samples (47-53 %), 49 points more than in the baseline',
    ],
    [
      'no baseline',
      'main;price 600\nmain;load 100',
      null,
      '`price` takes 86 % of the CPU samples (83-88 %), with no baseline to tell whether that is new',
    ],
    [
      'weak evidence',
      'main;price 12\nmain;load 40',
      null,
      'Weak evidence: `load` takes 77 % of the CPU samples (64-86 %), with no baseline to tell whether that is new',
    ],
    ['few samples', 'main;price 12', null, 'Too few samples to name a suspect: 12 (30 wanted)'],
    ['one sample, in the singular', 'main 1', null, 'Too few samples to name a suspect: 1 (30 wanted)'],
    ['no samples', '', null, 'No samples in the range: nothing can be said'],
    [
      'idle CPUs',
      'swapper|kernel:do_idle 980\nmain;price 20',
      null,
      'Mostly idle: 98 % of 1,000 samples are of CPUs with nothing to do',
    ],
    [
      'nothing that grew',
      'main;price 500\nmain;load 500',
      'main;price 500\nmain;load 500',
      'No own function stands out: none grew beyond the noise since the baseline; `load` is the hottest with 50 %',
    ],
    [
      'time spread thin',
      Array.from({ length: 50 }, (_, row) => `main;f${row} 40`).join('\n'),
      null,
      'No own function stands out: `f0` is the hottest with 2 %, and 10 % would be worth a look',
    ],
    [
      'few samples in each function',
      Array.from({ length: 3 }, (_, row) => `main;f${row} 20`).join('\n'),
      null,
      'No own function stands out: `f0` is the hottest with 33 %, in 20 samples (30 wanted)',
    ],
    [
      'the collector',
      'jvm:start_thread;jvm:G1ConcurrentMark 700\nmain;price 20\nmain;load 280',
      'main;price 20\nmain;load 280',
      'Time is in garbage collection (70 %), not in your code: too little memory, or more garbage than usual',
    ],
    [
      'a function that grew while the JIT compiler was at work',
      'jvm:start_thread;jvm:C2Compiler::compile_method 1000\nmain;price 600\nmain;load 400',
      'jvm:start_thread;jvm:C2Compiler::compile_method 800\nmain;price 50\nmain;load 950',
      '`price` takes 60 % of the CPU samples outside of the JIT compiler (57-63 %), 55 points more than in the baseline',
    ],
    [
      'the JIT compiler, in a process that just began',
      'jvm:start_thread;jvm:C2Compiler::compile_method 900\nmain;price 20\nmain;load 80',
      'main;price 20\nmain;load 80',
      'Time is in the JIT compiler (90 %), not in your code: the process has just started',
    ],
    [
      'the kernel',
      'kernel:ret_from_fork;kernel:kswapd 90\nmain;price 20',
      null,
      'Time is in the kernel (82 %), not in your code',
    ],
    [
      'no symbols',
      'main;unknown: 90\nunknown: 500',
      null,
      'Cannot tell: 100 % of the samples are in code without symbols (a symbol map or debug symbols are missing)',
    ],
  ])('says so: %s', async (_, folded, baseline, expected) => {
    expect(await verdict(folded, baseline)).toBe(expected);
  });

  test('shares are the same however much the JIT compiler did beside the app, before or after', async () => {
    const compiler = (samples: number) => `jvm:start_thread;jvm:C2Compiler::compile_method ${samples}`;
    const suspects = async (before: number, after: number) =>
      (
        await findWith(
          `${compiler(after)}\nmain;show;price 300\nmain;load 700`,
          `${compiler(before)}\nmain;show;price 100\nmain;load 900`,
        )
      ).suspects.map(({ function: name, share, baselineShare }) => ({ name, share, baselineShare }));
    const alone = await suspects(0, 0);
    expect(alone[0]).toMatchObject({ name: 'price', share: 0.3, baselineShare: 0.1 });
    for (const [before, after] of [
      [0, 900],
      [900, 0],
      [400, 500],
    ] as const)
      expect(await suspects(before, after)).toEqual(alone);
  });

  test('says that a process mostly waited when its CPU time is a fraction of the range', async () => {
    const builder = new ProfileBuilder({ format: 'perf-script', rateHz: 99 });
    const stack = builder.stack(
      NO_STACK,
      builder.frame({ name: 'price', module: '/srv/app/shop', kind: FrameKind.Native }),
    );
    const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'shop' });
    const event = builder.event('cpu-clock', 'samples');
    for (let sample = 0; sample < 20; sample++) {
      builder.addSample({ timeMs: sample * 1000, thread, stack, event, count: 1, weight: 1 });
    }
    expect((await find(builder.finish())).verdict).toBe(
      'Mostly idle: 20 samples where one busy CPU gives 1,881',
    );
  });

  test('names the event when it is no clock', async () => {
    expect(await verdict('main;price 600', null, { event: 'page-faults' })).toMatch(
      /of the page-faults samples/,
    );
  });

  test.each([
    ['jdk.ObjectAllocationSample', 'jdk.ObjectAllocationSample'],
    ['jdk.JavaMonitorEnter', 'jdk.JavaMonitorEnter'],
    ['jdk.ExecutionSample', 'CPU'],
    ['cpu-clock:u', 'CPU'],
    ['alloc_space', 'alloc_space'],
  ])('calls the event %s %s', async (event, shown) => {
    expect(await verdict('main;price 600', null, { event })).toContain(`of the ${shown} samples`);
  });

  test('does not compare page faults with CPU time', async () => {
    const found = await find(profileOf('main;price 600', { event: 'page-faults' }), {
      baseline: profileOf('main;load 600'),
    });
    expect(found.suspects[0]?.baselineShare).toBeNull();
  });

  test('a hostile name stays inside its quotes, on one line', async () => {
    const text = await verdict('JS:*a`<!channel>\u202e\u2028b file:///srv/app/a.mjs:1:1 600');
    expect(text).toMatch(/^`a'<!channel>b` takes/);
    expect(text).not.toMatch(/[\u202e\u2028\n]/);
  });
});

describe('suspects', () => {
  test('are three at most, with figures, and fit the contract', async () => {
    const { suspects, hottest } = await find(
      profileOf('main;a 200\nmain;b 300\nmain;c 150\nmain;d 350\nmain;loop;loop 10'),
    );
    expect(suspects.map((suspect) => suspectSchema.parse(suspect).function)).toEqual(['d', 'b', 'a']);
    expect(suspects[0]).toMatchObject({
      rank: 1,
      share: 350 / 1010,
      sampleCount: 350,
      baselineShare: null,
      commit: null,
      url: null,
    });
    expect(hottest.map(({ function: name }) => name)).toEqual(['d', 'b', 'a', 'c']);
  });

  test('tell where their time goes and who calls them', async () => {
    const { suspects } = await find(
      profileOf('main;price;zlib:inflate 300\nmain;price;kernel:page_fault 100\nmain;price 100'),
    );
    expect(suspects[0]?.evidence).toEqual([
      '100 % of 500 samples (95 % interval 99-100 %)',
      'no baseline: hot, but perhaps always so',
      'its time goes to libraries (60 %), the kernel (20 %), your own code (20 %), 60 % of it by way of `inflate`',
      'called by `main` in 100 % of its samples',
    ]);
  });
});

describe('suspects with their code', () => {
  let repository: TestRepository;
  let revision: string;
  let guilty: string;
  const config = (): RepositoryConfig => ({
    url: repository.folder,
    link: { kind: 'github', web: 'https://github.com/acme/shop' },
    containerRoot: '/srv/app',
    sourceRoot: '',
  });
  const application = () => ({ own: [], repository: config() });
  const body = (loop: string) =>
    `import { rules } from './rules.js';\n\nexport function applyDiscounts(order) {\n  ${loop}\n  return order;\n}\n`;

  beforeAll(() => {
    repository = new TestRepository();
    repository.commit({
      subject: 'Shop',
      author: 'Ada Berg',
      date: '2025-01-10T10:00:00Z',
      files: { 'src/pricing.mjs': body('order.price *= rules[0];') },
    });
    guilty = repository.commit({
      subject: 'Price rules: apply every rule',
      date: '2026-03-01T09:00:00Z',
      files: { 'src/pricing.mjs': body('for (const rule of rules) order.price *= rule;') },
    });
    revision = repository.commit({
      subject: 'Unrelated',
      date: '2026-03-01T10:00:00Z',
      files: { 'README.md': 'Shop\n' },
    });
  });
  afterAll(() => repository[Symbol.dispose]());

  const hot = (line = 3) =>
    profileOf(
      `JS:*applyDiscounts file:///srv/app/src/pricing.mjs:${line}:31 620\nJS:*loop file:///srv/app/src/none.mjs:1:1 380`,
    );
  const cold = () =>
    profileOf(
      'JS:*applyDiscounts file:///srv/app/src/pricing.mjs:3:31 40\nJS:*loop file:///srv/app/src/none.mjs:1:1 960',
    );
  const open = () => openGitCodeSearch({ repository: config(), revision, mirrorDirectory: null });

  test('name what changed the function last, link it at the revision and show it', async () => {
    const found = await find(hot(), {
      baseline: cold(),
      application: application(),
      revision,
      codeSearch: await open(),
    });
    expect(found.verdict).toBe(
      '`applyDiscounts` takes 62 % of the CPU samples (59-65 %), 58 points more than in the baseline; last changed 3 hours ago by Mira Lang: "Price rules: apply every rule"',
    );
    expect(found.suspects).toHaveLength(1);
    expect(suspectSchema.parse(found.suspects[0])).toMatchObject({
      function: 'applyDiscounts',
      file: 'src/pricing.mjs',
      line: 3,
      confidence: 'high',
      commit: { id: guilty, author: 'Mira Lang', date: '2026-03-01T09:00:00.000Z' },
      url: `https://github.com/acme/shop/blob/${revision}/src/pricing.mjs#L3`,
      snippet: { firstLine: 2, markedLine: 3 },
    });
    expect(found.suspects[0]?.snippet?.lines[1]).toBe('export function applyDiscounts(order) {');
  });

  test('are found by name when the recording is of another revision', async () => {
    const { suspects } = await find(hot(1), {
      application: application(),
      revision,
      codeSearch: await open(),
    });
    expect(suspects[0]).toMatchObject({ file: 'src/pricing.mjs', line: 3 });
  });

  test('a caller changed later than the callee it shares its growth with comes first', async () => {
    using history = new TestRepository();
    const helper = 'export function fits(rule) {\n  return rule;\n}\n';
    const rules = (loop: string) => `export function applyRules(rules) {\n  ${loop}\n}\n`;
    history.commit({
      subject: 'Shop',
      files: { 'fits.mjs': helper, 'rules.mjs': rules('rules.filter(fits);') },
    });
    const id = history.commit({
      subject: 'All pairs',
      files: { 'rules.mjs': rules('for (const a of rules) rules.filter(fits);') },
    });
    const codeSearch = await openGitCodeSearch({
      repository: { ...config(), url: history.folder },
      revision: id,
      mirrorDirectory: null,
    });
    const stack = 'JS:*applyRules file:///srv/app/rules.mjs:1:8;JS:*fits file:///srv/app/fits.mjs:1:8';
    const other = 'JS:*load file:///srv/app/load.mjs:1:1';
    const { suspects, verdict: text } = await find(profileOf(`${stack} 500\n${other} 500`), {
      baseline: profileOf(`${stack} 10\n${other} 900`),
      application: application(),
      revision: id,
      codeSearch,
    });
    expect(suspects.map((suspect) => [suspect.rank, suspect.function])).toEqual([
      [1, 'applyRules'],
      [2, 'fits'],
    ]);
    expect(suspects[0]?.evidence).toContain('changed later than `fits`, which it calls');
    expect(text).toMatch(/^`applyRules` and what it calls take 50 % .*by Mira Lang: "All pairs"$/);
  });

  test('say that the revision is unknown', async () => {
    const codeSearch = await openGitCodeSearch({
      repository: config(),
      revision: null,
      mirrorDirectory: null,
    });
    const { suspects } = await find(hot(), { application: application(), codeSearch });
    expect(suspects[0]?.evidence).toContain(
      `revision unknown: looked at the repository's head, ${revision.slice(0, 10)}`,
    );
  });

  test('stay without code when it is not found, and say why', async () => {
    const elsewhere = profileOf('JS:*applyDiscounts file:///srv/app/dist/bundle.js:1:1 600');
    const { suspects } = await find(elsewhere, {
      application: application(),
      revision,
      codeSearch: await open(),
    });
    expect(suspects[0]).toMatchObject({
      file: '/srv/app/dist/bundle.js',
      commit: null,
      url: null,
      snippet: null,
    });
    expect(suspects[0]?.evidence).toContain('no file like /srv/app/dist/bundle.js at this revision');
  });

  test('survive a dead code search', async () => {
    const dead = () =>
      Promise.reject(new AvalancheError('REPOSITORY_UNREADABLE', 'Cannot search "shop": the disk is gone'));
    const codeSearch: CodeSearch = {
      describe: () => 'dead',
      resolveRevision: dead,
      findFiles: dead,
      findDefinitions: dead,
      readLines: dead,
      blame: dead,
    };
    const found = await find(hot(), { baseline: cold(), application: application(), revision, codeSearch });
    expect(found.verdict).toMatch(/^`applyDiscounts` takes 62 %/);
    expect(found.suspects[0]?.evidence.at(-1)).toBe(
      'code search failed: Cannot search "shop": the disk is gone',
    );
  });

  test('keep file, line and link when the history cannot be read', async () => {
    const alive = await open();
    const blame = () =>
      Promise.reject(
        new AvalancheError('REPOSITORY_UNREADABLE', 'Cannot run "git blame": it ran longer than 20 s'),
      );
    const codeSearch: CodeSearch = {
      describe: () => alive.describe(),
      resolveRevision: () => alive.resolveRevision(),
      findFiles: (tail) => alive.findFiles(tail),
      findDefinitions: (query) => alive.findDefinitions(query),
      readLines: (path, first, last) => alive.readLines(path, first, last),
      blame,
    };
    const { suspects } = await find(hot(), { application: application(), revision, codeSearch });
    expect(suspects[0]).toMatchObject({
      file: 'src/pricing.mjs',
      line: 3,
      commit: null,
      url: expect.stringContaining('#L3'),
    });
    expect(suspects[0]?.evidence).toContain(
      'history unknown: Cannot run "git blame": it ran longer than 20 s',
    );
  });

  test('of Go are own by the module of the repository', async () => {
    using goRepository = new TestRepository();
    const goRevision = goRepository.commit({
      subject: 'Shop',
      files: {
        'go.mod': 'module acme.example/shop\n\ngo 1.24\n',
        'pricing/rules.go': 'package pricing\n\nfunc Apply(a int) int {\n\treturn a\n}\n',
      },
    });
    const codeSearch = await openGitCodeSearch({
      repository: { ...config(), url: goRepository.folder },
      revision: goRevision,
      mirrorDirectory: null,
    });
    const profile = profileOf('runtime.goexit.abi0;main.main;acme.example/shop/pricing.Apply 600');
    const { suspects } = await find(profile, {
      application: application(),
      revision: goRevision,
      codeSearch,
    });
    expect(suspects[0]).toMatchObject({ function: 'pricing.Apply', file: 'pricing/rules.go', line: 3 });
  });

  test('show lines that are bounded and without control characters', async () => {
    using hostile = new TestRepository();
    const line = `export function applyDiscounts() { /* \u001b[31m\u202e ${'x'.repeat(500)} */ }`;
    const id = hostile.commit({
      subject: 'One\u202e',
      files: { 'src/pricing.mjs': `${line}\n${'a\n'.repeat(20)}` },
    });
    const codeSearch = await openGitCodeSearch({
      repository: { ...config(), url: hostile.folder },
      revision: id,
      mirrorDirectory: null,
    });
    const { suspects } = await find(hot(1), { application: application(), revision: id, codeSearch });
    const snippet = suspects[0]!.snippet!;
    expect(snippet.lines).toHaveLength(8);
    expect(snippet.lines[0]).toHaveLength(160);
    expect(snippet.lines.join('')).not.toMatch(/[\u001b\u202e]/);
    expect(suspects[0]?.commit?.subject).toBe('One');
  });
});
