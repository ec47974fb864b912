import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AvalancheError, toAvalancheError } from '../storage/errors.ts';
import { nearestNames } from '../storage/nearest-names.ts';
import type { Command } from './commands/command.ts';
import { usageError } from './terminal/arguments.ts';
import { fileCommands, setUpCommands } from './terminal/index.ts';
import {
  ExitCode,
  type Terminal,
  type TerminalCommand,
  type TerminalInput,
} from './terminal/terminal-command.ts';
import { writeLines } from './terminal/write-lines.ts';

/** What runs longer than a command line: handed in by `avalanche.ts`, which alone knows bot and workers. */
export type Processes = {
  /** A chat command typed in a terminal: its words as they were typed. */
  chat(words: readonly string[]): Promise<ExitCode>;
  configCheck(): Promise<ExitCode>;
  start(rooms: 'bot' | 'workers' | 'both'): Promise<ExitCode>;
};

const terminalCommands = [...fileCommands, ...setUpCommands];

const processSummaries: [string, string][] = [
  ['config check', 'Reads the configuration and names every mistake in it.'],
  ['start', 'Runs bot and workers in one process, until it is told to stop.'],
  ['bot', 'Runs the bot alone. It holds the Slack tokens.'],
  ['workers', 'Runs the workers alone. They reach log servers and repositories.'],
];

/** Runs one command line. Whatever goes wrong ends in a sentence on stderr and an exit code, never in a stack trace. */
export async function runCli(
  words: readonly string[],
  terminal: Terminal,
  processes: Processes,
): Promise<ExitCode> {
  try {
    return await dispatch(words, terminal, processes);
  } catch (thrown) {
    if (terminal.signal.aborted) return ExitCode.Failed;
    const error = toAvalancheError(thrown);
    writeLines(terminal.stderr, [...`avalanche: ${error.message}`.split('\n'), `  ${error.advice}`]);
    if (error.code === 'INTERNAL' && terminal.environment.AVALANCHE_DEBUG !== undefined) {
      terminal.stderr.write(`${(error.cause as Error)?.stack ?? error.stack}\n`);
    }
    return isUsage(error) ? ExitCode.Usage : ExitCode.Failed;
  }
}

async function dispatch(
  words: readonly string[],
  terminal: Terminal,
  processes: Processes,
): Promise<ExitCode> {
  const [name = 'help', ...rest] = words;
  if (name === 'help' || name === '--help' || name === '-h') return help(rest[0], terminal, processes);
  if (name === '--version') return await version(terminal);
  if (name === 'config' && rest.join(' ') === 'check') return await processes.configCheck();
  if (rest.length === 0 && name === 'start') return await processes.start('both');
  if (rest.length === 0 && (name === 'bot' || name === 'workers')) return await processes.start(name);
  const command = await findTerminalCommand(name, rest, terminal);
  if (command !== undefined) return await runTerminalCommand(command, rest, terminal);
  if (await isChatCommand(name)) return await processes.chat(words);
  throw await unknownCommand(name);
}

/** `suspects` and `diff` are two commands each: on a file that is there, and on a snapshot. */
async function findTerminalCommand(
  name: string,
  words: readonly string[],
  terminal: Terminal,
): Promise<TerminalCommand | undefined> {
  const command = terminalCommands.find((candidate) => candidate.name === name);
  if (command === undefined) return undefined;
  const namesFile = words.some(
    (word) => !word.startsWith('-') && existsSync(resolve(terminal.directory, word)),
  );
  const isOnFile = namesFile || ['--repo', '-o', '--output'].some((option) => words.includes(option));
  return isOnFile || !(await isChatCommand(name)) ? command : undefined;
}

async function isChatCommand(name: string): Promise<boolean> {
  return (await loadChatCommands()).some((command) => command.name === name);
}

/** With all they import, they take longer than most of what is done with a file. */
async function loadChatCommands(): Promise<readonly Command[]> {
  const { commands } = await import('./commands/index.ts');
  return commands;
}

async function runTerminalCommand(
  command: TerminalCommand,
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const input = parseInput(command, words);
  if (input.values.help === true) {
    writeLines(terminal.stdout, describe(command));
    return ExitCode.Done;
  }
  return await command.run(input, terminal);
}

function parseInput(command: TerminalCommand, words: readonly string[]): TerminalInput {
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      strict: true,
    });
    return { values, positionals };
  } catch (cause) {
    throw usageError(command, explain(cause, Object.keys(command.options)));
  }
}

/** Node's own words, with the nearest option where one is unknown. */
function explain(cause: unknown, known: readonly string[]): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const wrong = /Unknown option '--?([^']+)'/.exec(message)?.[1];
  if (wrong === undefined) return message.split('. ')[0]!;
  const nearest = nearestNames(wrong, known).map((option) => `--${option}`);
  const meant = nearest.length > 0 ? ` (did you mean ${nearest.join(' or ')}?)` : '';
  return `the option "--${wrong}" is unknown${meant}`;
}

async function unknownCommand(name: string): Promise<AvalancheError> {
  const known = [...terminalCommands, ...(await loadChatCommands())].map((command) => command.name);
  const nearest = nearestNames(name, [...new Set([...known, 'config', 'start', 'bot', 'workers', 'help'])]);
  const meant =
    nearest.length > 0 ? `: did you mean ${nearest.map((word) => `"${word}"`).join(' or ')}?` : '';
  return new AvalancheError('COMMAND_UNKNOWN', `Cannot run "${name}": there is no such command${meant}`);
}

function isUsage({ code }: AvalancheError): boolean {
  return code === 'COMMAND_UNKNOWN' || code === 'COMMAND_USAGE';
}

async function help(topic: string | undefined, terminal: Terminal, processes: Processes): Promise<ExitCode> {
  const command = terminalCommands.find((candidate) => candidate.name === topic);
  if (command !== undefined) {
    writeLines(terminal.stdout, describe(command));
    return ExitCode.Done;
  }
  if (topic !== undefined) return await processes.chat(['help', topic]);
  const chatCommands = await loadChatCommands();
  const row = ([name, summary]: readonly [string, string]) => `  ${name.padEnd(14)}${summary}`;
  writeLines(terminal.stdout, [
    'usage: avalanche COMMAND …',
    '',
    'On a recording (of perf, JFR, pprof, OTLP, V8, speedscope, Chrome; folded stacks; plain, .gz or .zst):',
    ...fileCommands.map(({ name, summary }) => row([name, summary])),
    '',
    'As in Slack, with the engines of avalanche.yaml:',
    ...chatCommands.map(({ name, summary }) => row([name, summary])),
    '',
    'Running it:',
    ...setUpCommands.map(({ name, summary }) => row([name, summary])),
    ...processSummaries.map(row),
    '',
    '"avalanche COMMAND --help" tells more.',
  ]);
  return ExitCode.Done;
}

function describe({ usage, summary, optionHelp, examples }: TerminalCommand): string[] {
  const options = Object.entries(optionHelp).map(([name, text]) => `  --${name.padEnd(16)}${text}`);
  return [
    `usage: avalanche ${usage}`,
    '',
    summary,
    '',
    ...options,
    '',
    ...examples.map((example) => `  $ ${example}`),
  ];
}

async function version(terminal: Terminal): Promise<ExitCode> {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
  writeLines(terminal.stdout, [manifest.version]);
  return ExitCode.Done;
}
