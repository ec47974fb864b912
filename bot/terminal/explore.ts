import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { basename } from 'node:path';
import type { Subject } from '../explorer/subject.ts';
import { oneFile, stringOf, usageError } from './arguments.ts';
import { withProgress } from './progress.ts';
import { ExitCode, type TerminalCommand, type TerminalInput } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';

/** It ends with the command anyway. */
const linkMs = 30 * 24 * 3_600_000;

export const explore: TerminalCommand = {
  name: 'explore',
  usage: 'explore FILE [--baseline FILE] [--port 8080]',
  summary: 'Opens a recording in the browser: heatmap, flame graph, table and timeline, until Ctrl-C.',
  options: { baseline: { type: 'string' }, port: { type: 'string' } },
  optionHelp: {
    baseline: 'a recording from when all was well, to compare with',
    port: 'on this machine only; any free one by default',
  },
  examples: ['avalanche explore perf.txt.gz', 'avalanche explore now.perf.gz --baseline healthy.perf.gz'],
  async run(input, terminal) {
    const file = oneFile(input, explore);
    const port = portOf(input);
    const { signal, directory: terminalDirectory, stdout, environment } = terminal;
    const opened = await withProgress(terminal, 'reading', async (onProgress) =>
      (await terminal.loadFileTools()).explore(
        file,
        { baseline: stringOf(input, 'baseline') },
        { onProgress, signal, terminalDirectory },
      ),
    );
    // Loaded here, so that other commands do not wait for a web server.
    const { openLog } = await import('../../storage/open-log.ts');
    const { LinkSigner } = await import('../explorer/link-signer.ts');
    const { openExplorerServer } = await import('../explorer/open-explorer-server.ts');
    const { exploration, ...found } = opened;
    const title = basename(file);
    const subject: Subject = { ...found, title, fileName: title.replace(/[^A-Za-z0-9.-]+/g, '-') };
    const links = new LinkSigner([randomBytes(32).toString('base64url')]);
    const now = Date.now();
    const token = links.sign({ subject: 'file', issuedAt: now, expiresAt: now + linkMs });
    try {
      const server = await openExplorerServer({
        host: '127.0.0.1',
        port,
        exploration,
        openSubject: async (given) => (links.verify(given, Date.now()) === null ? null : subject),
        log: openLog({ AVALANCHE_LOG_LEVEL: 'warn', ...environment }),
      });
      writeLines(stdout, [`${title} is open at`, `${server.url}/s/${token}/`, 'Ctrl-C ends it.']);
      if (!signal.aborted) await once(signal, 'abort');
      await server.close();
    } finally {
      await exploration.close();
    }
    return ExitCode.Done;
  },
};

function portOf(input: TerminalInput): number {
  const text = stringOf(input, 'port') ?? '0';
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw usageError(explore, `--port "${text}" is no port (wanted: 0 to 65535)`);
}
