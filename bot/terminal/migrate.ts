import { usageError } from './arguments.ts';
import { ExitCode, type TerminalCommand } from './terminal-command.ts';
import { writeLines } from './write-lines.ts';

/** Opening the engines is what brings them up to date; here it happens before anything else needs them. */
export const migrate: TerminalCommand = {
  name: 'migrate',
  usage: 'migrate',
  summary: 'Brings the tables up to date, and says which engines answer.',
  options: {},
  optionHelp: {},
  examples: ['avalanche migrate'],
  async run({ positionals }, { environment, directory, stdout }) {
    if (positionals.length > 0) throw usageError(migrate, 'it takes nothing');
    // Loaded here, so that commands on files do not wait for drivers.
    const { readConfig } = await import('../../storage/read-config.ts');
    const { openEngines } = await import('../../storage/open-engines.ts');
    const engines = await openEngines(readConfig({ environment, directory }));
    try {
      writeLines(stdout, await engines.describe());
    } finally {
      await engines.close();
    }
    return ExitCode.Done;
  },
};
