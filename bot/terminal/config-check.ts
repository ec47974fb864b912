import { readConfig } from '../../storage/read-config.ts';
import { ExitCode, type Terminal } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';

/** `config check`: every mistake at once, or what the configuration comes to. */
export function checkConfig({ environment, directory, stdout }: Terminal): ExitCode {
  const config = readConfig({ environment, directory });
  const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name).join(', ') || 'none';
  writeLines(stdout, [
    `${config.file ?? 'no avalanche.yaml (defaults)'}: in order`,
    `  environments   ${names(config.environments)}`,
    `  applications   ${names(config.applications)}`,
    `  slack          ${config.slack.mode === null ? 'no tokens' : `${config.slack.mode} mode`}`,
  ]);
  return ExitCode.Done;
}
