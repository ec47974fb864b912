import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type TestCommit = {
  subject: string;
  author?: string;
  /** ISO 8601; commits one minute apart from each other where it is absent. */
  date?: string;
  /** Path to content; null removes the file. */
  files?: Record<string, string | null>;
  /** Path to target. */
  links?: Record<string, string>;
};

/** A real repository in a folder of its own, made by real git. */
export class TestRepository {
  readonly folder = mkdtempSync(join(tmpdir(), 'avalanche-repository-'));
  #minutes = 0;

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main');
  }

  git(...args: string[]): string {
    return this.#run(args, {});
  }

  #run(args: string[], environment: Record<string, string>): string {
    const isolated = {
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      PATH: process.env.PATH ?? '',
    };
    return execFileSync('git', ['-C', this.folder, ...args], {
      encoding: 'utf8',
      env: { ...isolated, HOME: this.folder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  /** @returns the commit's full id */
  commit({ subject, author = 'Mira Lang', date, files = {}, links = {} }: TestCommit): string {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.folder, path);
      mkdirSync(dirname(target), { recursive: true });
      if (content === null) rmSync(target);
      else writeFileSync(target, content);
    }
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(this.folder, path));
    const when = date ?? new Date(Date.UTC(2026, 0, 1, 0, this.#minutes++)).toISOString();
    this.git('add', '--all');
    this.#run(['commit', '--quiet', '--allow-empty', '-m', subject], {
      GIT_AUTHOR_NAME: author,
      GIT_AUTHOR_EMAIL: 'author@shop.example',
      GIT_COMMITTER_NAME: author,
      GIT_COMMITTER_EMAIL: 'author@shop.example',
      GIT_AUTHOR_DATE: when,
      GIT_COMMITTER_DATE: when,
    });
    return this.git('rev-parse', 'HEAD');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
