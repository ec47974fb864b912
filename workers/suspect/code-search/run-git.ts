import { type ExecFileException, execFile } from 'node:child_process';
import { AvalancheError } from '../../../storage/errors.ts';
import { redactSecrets } from '../../../storage/secrets.ts';

export type GitRun = { exitCode: number; stdout: Buffer; stderr: string };

export type GitOptions = {
  /** The repository; absent for `clone`. */
  gitDirectory?: string;
  input?: string;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  /** Talks to a server: the operator's own settings (credentials, proxies) then apply, and no others. */
  isRemote?: boolean;
};

/** More than a mirror of 100,000 paths lists. */
const maximumOutputBytes = 64 * 1024 ** 2;

/**
 * Runs git without a shell and gives its exit code; 0 and 1 are answers, all else depends on the command.
 *
 * @throws REPOSITORY_UNREADABLE when git is missing, ran out of time, or wrote more than is sensible
 */
export async function runGit(args: readonly string[], options: GitOptions = {}): Promise<GitRun> {
  const { gitDirectory, input = '', timeoutMs = 20_000, signal, isRemote = false } = options;
  const place = gitDirectory === undefined ? [] : ['--git-dir', gitDirectory];
  return await new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...place, ...settings, ...args],
      {
        encoding: 'buffer',
        maxBuffer: maximumOutputBytes,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        env: environment(isRemote),
        ...(gitDirectory === undefined ? {} : { cwd: gitDirectory }),
        ...(signal === undefined ? {} : { signal }),
      },
      (error, stdout, stderr) => {
        if (error === null || typeof error.code === 'number') {
          resolve({
            exitCode: error === null ? 0 : Number(error.code),
            stdout,
            stderr: redactSecrets(stderr.toString()),
          });
        } else reject(describeFailure(args[0] ?? '', timeoutMs, error));
      },
    );
    // A git that ends before it has read everything is not our error.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Nothing that a repository's own configuration names may be run. */
const settings = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.attributesFile=/dev/null',
];

const keptVariables = new Set([
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_ASKPASS',
  'GIT_SSL_CAINFO',
  'GIT_PROXY_SSL_CAINFO',
]);

function environment(isRemote: boolean): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GIT_') || (isRemote && keptVariables.has(name)),
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    // `ext::` and other transports that run commands stay shut whatever a configuration says.
    GIT_ALLOW_PROTOCOL: isRemote ? 'https:http:ssh:git:file' : 'none',
    ...(isRemote ? {} : { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }),
  };
}

function describeFailure(command: string, timeoutMs: number, error: ExecFileException): AvalancheError {
  const reason =
    error.code === 'ENOENT'
      ? 'git is not installed, or the repository was removed'
      : error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
        ? `it wrote more than ${maximumOutputBytes / 1024 ** 2} MiB`
        : error.name === 'AbortError'
          ? 'it was cancelled'
          : `it ran longer than ${timeoutMs / 1000} s`;
  return new AvalancheError('REPOSITORY_UNREADABLE', `Cannot run "git ${command}": ${reason}`, {}, error);
}

/** What git said, short enough for a message. */
export function lastWords(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  return (lines.find((line) => line.startsWith('fatal:')) ?? lines.at(-1) ?? 'no reason given').slice(0, 300);
}
