// How long an answer takes at the size of a large service: a million samples, 50,000 files.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FrameKind, NO_STACK, type Profile } from '../../storage/profile/profile.ts';
import { ProfileBuilder } from '../../storage/profile/profile-builder.ts';
import { openGitCodeSearch } from '../../workers/suspect/code-search/git.ts';
import { findSuspects } from '../../workers/suspect/find-suspects.ts';

const fileCount = 50_000;
const sampleCount = 1_000_000;
const functionCount = 2_000;
const rounds = 5;

const folder = mkdtempSync(join(tmpdir(), 'avalanche-scale-'));
try {
  const { before, after } = makeRepository(folder);
  const profiles = { before: makeProfile(0), after: makeProfile(0.1) };
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const usedBefore = process.cpuUsage();
    const url = join(folder, 'work');
    const repository = { url, containerRoot: '', sourceRoot: '' };
    const codeSearch = await openGitCodeSearch({
      repository,
      revision: after,
      mirrorDirectory: join(folder, 'mirrors'),
    });
    const { verdict, suspects } = await findSuspects({
      profile: profiles.after,
      selection: {},
      baseline: profiles.before,
      baselineRevision: before,
      application: { own: ['com.acme'], repository },
      revision: after,
      codeSearch,
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    const { user, system } = process.cpuUsage(usedBefore);
    const used = ((user + system) / 1e6).toFixed(2);
    const name = suspects[0]?.function ?? verdict;
    console.log(
      `${round === 0 ? 'cold, with the mirror made' : 'warm'}: ${seconds} s (${used} s of CPU, without git's), ${name} in ${suspects[0]?.file}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pathOf(file: number): string {
  return `service${file % 50}/src/com/acme/p${file % 200}/Class${file}.java`;
}

function makeRepository(root: string): { before: string; after: string } {
  const work = join(root, 'work');
  mkdirSync(work);
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      // Packing by itself in the background would go on while the mirror is made.
      [
        '-C',
        work,
        '-c',
        'gc.auto=0',
        '-c',
        'user.name=Mira Lang',
        '-c',
        'user.email=m@shop.example',
        ...args,
      ],
      {
        encoding: 'utf8',
        maxBuffer: 1024 ** 3,
      },
    ).trim();
  git('init', '--quiet', '--initial-branch=main');
  for (let file = 0; file < fileCount; file++) writeClass(work, file, 'return value * 31;');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'Begin');
  const before = git('rev-parse', 'HEAD');
  for (let commit = 0; commit < 30; commit++) {
    for (let file = 0; file < 5; file++) writeClass(work, commit * 61 + file, `return value * ${commit};`);
    if (commit === 20) writeClass(work, 77, 'return slow(value);');
    git('add', '--all');
    git('commit', '--quiet', '-m', `Change ${commit}`);
  }
  return { before, after: git('rev-parse', 'HEAD') };
}

function writeClass(work: string, file: number, body: string): void {
  const path = join(work, pathOf(file));
  mkdirSync(dirname(path), { recursive: true });
  const methods = Array.from(
    { length: 8 },
    (_, row) => `  long step${row}(long value) {\n    ${row === 0 ? body : 'return value + 1;'}\n  }\n`,
  );
  writeFileSync(path, `package com.acme.p${file % 200};\n\nclass Class${file} {\n${methods.join('\n')}}\n`);
}

/** Stacks of 12 to 40 own and library functions; `extra` of the samples are in the function that was slowed down. */
function makeProfile(extra: number): Profile {
  const builder = new ProfileBuilder({ format: 'perf-script', rateHz: 99 });
  const event = builder.event('cpu-clock', 'samples');
  const thread = builder.thread({ pod: '', pid: 1, tid: 1, comm: 'java' });
  const frames = Array.from({ length: functionCount }, (_, row) =>
    builder.frame({
      name: `long com.acme.p${row % 200}.Class${row}.step${row === 77 ? 0 : row % 8}(long)`,
      module: '/tmp/perf-1.map',
      kind: FrameKind.Jit,
    }),
  );
  const stacks = Array.from({ length: 40_000 }, (_, row) => {
    let stack = NO_STACK;
    for (let depth = 0; depth < 12 + (row % 29); depth++) {
      stack = builder.stack(
        stack,
        frames[(row % (depth + 2)) * 37 + depth * 11 + (depth > 9 ? row % 700 : 0)]!,
      );
    }
    return stack;
  });
  const slow = builder.stack(stacks[5]!, frames[77]!);
  for (let sample = 0; sample < sampleCount; sample++) {
    const stack = sample % 1000 < extra * 1000 ? slow : stacks[(sample * 7919) % stacks.length]!;
    builder.addSample({ timeMs: sample, thread, stack, event, count: 1, weight: 1 });
  }
  return builder.finish();
}
