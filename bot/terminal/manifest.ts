import type { ManifestMode } from '../slack/manifest.ts';
import { flagOf, stringOf, usageError } from './arguments.ts';
import { ExitCode, type TerminalCommand, type TerminalInput } from './terminal-command.ts';

export const manifest: TerminalCommand = {
  name: 'manifest',
  usage: 'manifest [--mode socket|http] [--url https://HOST] [--json]',
  summary: 'Prints the manifest from which the Slack app is created.',
  options: { mode: { type: 'string' }, url: { type: 'string' }, json: { type: 'boolean' } },
  optionHelp: {
    mode: 'socket (default): the bot calls Slack; http: Slack calls the bot',
    url: 'where Slack reaches the bot (http only); /slack/events is added to it',
    json: 'print JSON instead of YAML',
  },
  examples: ['avalanche manifest', 'avalanche manifest --mode http --url https://avalanche.example.com'],
  async run(input, { stdout }) {
    const mode = readMode(input);
    // Loaded here, so that commands on files do not wait for all that Slack can send.
    const { describeManifest } = await import('../slack/manifest.ts');
    const { slackSurface } = await import('../slack/surface.ts');
    const { stringify } = await import('yaml');
    const described = describeManifest(slackSurface, mode);
    stdout.write(flagOf(input, 'json') ? `${JSON.stringify(described, null, 2)}\n` : stringify(described));
    return ExitCode.Done;
  },
};

function readMode(input: TerminalInput): ManifestMode {
  if (input.positionals.length > 0) throw usageError(manifest, 'it takes options only');
  const mode = stringOf(input, 'mode') ?? 'socket';
  const url = stringOf(input, 'url');
  switch (mode) {
    case 'socket':
      if (url === null) return { mode };
      throw usageError(manifest, 'a --url is for --mode http only: over a socket the bot calls Slack');
    case 'http':
      if (url !== null && isBotAddress(url)) return { mode, url };
      throw usageError(manifest, '--mode http wants the --url at which Slack reaches the bot, https://HOST');
    default:
      throw usageError(manifest, `--mode "${mode}" is none (wanted: socket or http)`);
  }
}

/** Slack calls over TLS only, and adds no query of ours. */
function isBotAddress(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && `${url.username}${url.password}${url.search}${url.hash}` === '';
}
