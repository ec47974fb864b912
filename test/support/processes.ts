import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../avalanche.ts', import.meta.url));

export type AvalancheProcess = {
  /** What it has logged, one object a line. */
  log(): Record<string, unknown>[];
  /** Waits for a line with this text. @throws Error with the whole log when the process ends before it */
  logged(text: string): Promise<Record<string, unknown>>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
};

/** `avalanche WORDS` as a process of its own, its configuration in a folder. */
export function spawnAvalanche(
  words: readonly string[],
  { folder, environment }: { folder: string; environment: Record<string, string> },
): AvalancheProcess {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: { ...process.env, AVALANCHE_LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  exited.then(() => process.off('exit', killAtExit));
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const log = () =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
  return {
    log,
    async logged(wanted) {
      for (;;) {
        // The last line may be there in part.
        const found = text.includes(wanted) && text.endsWith('\n') && log().find(({ msg }) => msg === wanted);
        if (found) return found;
        const ended = await Promise.race([
          once(child.stderr, 'data').then(() => false),
          exited.then(() => true),
        ]);
        if (ended) throw new Error(`Cannot wait for "${wanted}": the process has ended\n${text}`);
      }
    },
    async kill(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
