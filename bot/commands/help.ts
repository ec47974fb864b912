import { AvalancheError } from '../../storage/errors.ts';
import type { TextReport } from '../../workers/jobs.ts';
import { type Command, type CommandOption, defineCommand } from './command.ts';
import { followUpExamples } from './follow-up.ts';
import { suggestCommand } from './suggest-command.ts';
import { countArguments, wordsSchema } from './words.ts';

export const help = defineCommand({
  name: 'help',
  usage: 'help [<command>]',
  summary: 'lists the commands, or explains one',
  options: {},
  examples: ['help', 'help snapshot'],
  isReading: true,
  parse: wordsSchema.transform(({ positionals }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
    if (problem !== undefined) addIssue(problem);
    return { command: positionals[0] };
  }),
  async run({ command: wanted }, { commands }) {
    if (wanted === undefined) return { state: 'answered', report: describeCommands(commands) };
    const found = commands.find(({ name }) => name === wanted.toLowerCase());
    if (found !== undefined) return { state: 'answered', report: describeCommand(found) };
    throw new AvalancheError('COMMAND_UNKNOWN', suggestCommand(wanted, commands));
  },
});

function describeCommands(commands: readonly Command[]): TextReport {
  const title = 'Avalanche shows what an app did before and during an incident';
  const lines = [
    ...commands.flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]),
    'In a channel each begins with /avalanche; in a thread with @avalanche, and the answer stays there.',
    `In the thread of a snapshot, after @avalanche, also: ${followUpExamples}`,
    'More about one: help <command>',
  ];
  return { report: 'text', title, lines, error: null };
}

function describeCommand({ usage, summary, options, examples }: Command): TextReport {
  const entries = Object.entries(options);
  const lines = [
    summary,
    ...(entries.length === 0 ? [] : ['Options:']),
    ...entries.map(([name, option]) => `  ${optionName(name, option).padEnd(18)}${option.help}`),
    'Examples:',
    ...examples.map((example) => `  ${example}`),
  ];
  return { report: 'text', title: usage, lines, error: null };
}

function optionName(name: string, { short, value }: CommandOption): string {
  const names = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return value === undefined ? names : `${names} ${value}`;
}
