import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './prerequisites.ts';

/** For all programs together that one run builds: what is not built by then is skipped. */
const buildMs = 25 * 60_000;
const buildEndsAt = Date.now() + buildMs;
const run = promisify(execFile);

type WrappedProgram = {
  name: string;
  module: string;
  version: string;
  /** Imports what starts the program, and starts it. */
  source: string;
  /** Version of a module that `module` takes from a folder beside it, which the proxy has under a version of its own. */
  replacedBy?: (path: string) => string;
};

/**
 * Path of a program that no Debian package brings, built with Go where it is not there yet (minutes the first time)
 * and kept in `~/.cache/avalanche`; undefined where Go is not installed.
 *
 * @param module such as `github.com/versity/versitygw/cmd/versitygw`
 * @throws Error when it cannot be built
 */
export async function buildGoProgram(module: string, version: string): Promise<string | undefined> {
  const name = module.slice(module.lastIndexOf('/') + 1);
  return await buildOnce(name, version, async (go, folder) => {
    await run(go, ['install', `${module}@${version}`], {
      env: { ...process.env, GOBIN: folder },
      timeout: remainingMs(),
    });
  });
}

/**
 * The same for a program whose module replaces others by folders beside it: `go install` refuses those, so a module of
 * ours requires it and starts it.
 */
export async function buildWrappedGoProgram(program: WrappedProgram): Promise<string | undefined> {
  const { name, module, version, source, replacedBy } = program;
  return await buildOnce(name, version, async (go, folder) => {
    const place = await mkdtemp(join(tmpdir(), 'avalanche-go-'));
    const options = () => ({
      cwd: place,
      timeout: remainingMs(),
      env: { ...process.env, GOFLAGS: '-mod=mod' },
    });
    try {
      await writeFile(join(place, 'main.go'), source);
      const { stdout } = await run(go, ['mod', 'download', '-json', `${module}@${version}`], options());
      const theirs = await readModule(go, JSON.parse(stdout).GoMod);
      const replaced =
        replacedBy === undefined ? [] : theirs.replaced.map((path) => [path, replacedBy(path)]);
      await writeFile(
        join(place, 'go.mod'),
        [
          'module peer',
          `go ${theirs.go}`,
          `require ${module} ${version}`,
          ...replaced.map(([path, at]) => `replace ${path} => ${path} ${at}`),
        ].join('\n'),
      );
      await run(go, ['build', '-ldflags=-s -w', '-o', join(folder, name), '.'], options());
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });
}

/** Zero would be no limit. */
const remainingMs = () => Math.max(1, buildEndsAt - Date.now());

async function buildOnce(
  name: string,
  version: string,
  build: (go: string, folder: string) => Promise<void>,
): Promise<string | undefined> {
  const folder = join(homedir(), '.cache', 'avalanche', `${name}-${version}`);
  const built = findProgram(name, [folder]);
  const go = findProgram('go', ['/usr/local/go/bin']);
  if (built !== undefined || go === undefined) return built;
  const begin = Date.now();
  console.warn(`Building ${name} ${version} with Go, which takes minutes`);
  try {
    await build(go, folder);
  } catch (error) {
    if (Date.now() < buildEndsAt) throw error;
    console.warn(`Not built within ${buildMs / 60_000} minutes: ${name}; what needs it is skipped`);
    return undefined;
  }
  console.warn(`Built ${name} in ${Math.round((Date.now() - begin) / 1_000)} s`);
  return join(folder, name);
}

/** What the file of a module says: its Go version, and the modules it takes from a folder beside it. */
async function readModule(go: string, file: string): Promise<{ go: string; replaced: string[] }> {
  const { stdout } = await run(go, ['mod', 'edit', '-json', file]);
  const { Go, Replace } = JSON.parse(stdout) as {
    Go: string;
    Replace: { Old: { Path: string }; New: { Path: string } }[] | null;
  };
  const beside = (Replace ?? []).filter(({ New }) => New.Path.startsWith('.'));
  return { go: Go, replaced: beside.map(({ Old }) => Old.Path) };
}
