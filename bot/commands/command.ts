import type { z } from 'zod';
import type { Config } from '../../storage/config.ts';
import type { RequestRow, Store, Target } from '../../storage/database/store.ts';
import type { JobQueue } from '../../storage/queue.ts';
import type { TextReport } from '../../workers/jobs.ts';
import { readOptions } from './read-options.ts';
import type { Words } from './words.ts';

/** One option: `type` and `short` as node:util parseArgs takes them, and what `help` says of it. */
export type CommandOption = {
  type: 'string' | 'boolean';
  short?: string;
  /** How its value is shown: `10m`. */
  value?: string;
  help: string;
};

/** What a command may use. Everything slow it hands to the queue. */
export type CommandContext = {
  config: Config;
  store: Store;
  queue: JobQueue;
  now: () => number;
  request: RequestRow;
  /**
   * A command that concerns an app says so before it looks at anything of it, or begins anything: for the audit, and
   * for whoever may not.
   *
   * @throws AvalancheError NOT_ALLOWED
   */
  aim(target: Target): Promise<void>;
  /** The same for a command that another one begins. */
  aimAs(command: string): CommandContext['aim'];
  commands: readonly Command[];
};

export type CommandResult =
  /** The whole answer, at once. */
  | { state: 'answered'; report: TextReport }
  /** Work goes on under the request's id; its messages are the answer. `echo` says what was understood. */
  | { state: 'started'; echo: string };

/** A command with its arguments read, ready to run. */
export type PreparedCommand = {
  name: string;
  isReading: boolean;
  arguments: unknown;
  /** Why it is to run although no rule allows it. */
  breakGlass?: string;
  run(context: CommandContext): Promise<CommandResult>;
};

export type Command = {
  name: string;
  usage: string;
  summary: string;
  options: Record<string, CommandOption>;
  examples: readonly string[];
  /** @throws AvalancheError COMMAND_USAGE */
  prepare(words: readonly string[]): PreparedCommand;
  /** The same from the arguments that a request's row keeps. */
  restore(stored: unknown): PreparedCommand;
};

type Definition<Arguments> = {
  name: string;
  /** Name and arguments as typed: `list [<app-env>] [--limit n]`. */
  usage: string;
  summary: string;
  options: Record<string, CommandOption>;
  examples: readonly string[];
  /** It only looks: given twice, it is answered twice. */
  isReading?: boolean;
  /** Text to typed arguments: no look-up, no I/O. Problems are zod issues; their messages are read by people. */
  parse: z.ZodType<Arguments, Words>;
  run(given: Arguments, context: CommandContext): Promise<CommandResult>;
};

/** A command, declared once: its usage, its help and its arguments all come from here. */
export function defineCommand<Arguments>(definition: Definition<Arguments>): Command {
  const { name, usage, summary, options, examples, isReading = false, parse, run } = definition;
  const ready = (given: Arguments): PreparedCommand => ({
    name,
    isReading,
    arguments: given,
    run: (context) => run(given, context),
  });
  return {
    name,
    usage,
    summary,
    options,
    examples,
    prepare: (words) => ready(readOptions({ name, usage, options, parse }, words)),
    restore: (stored) => ready(stored as Arguments),
  };
}
