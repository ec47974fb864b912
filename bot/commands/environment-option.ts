import type { CommandOption } from './command.ts';

export const environmentOption: CommandOption = {
  type: 'string',
  short: 'e',
  value: 'name',
  help: 'the environment, when the name can be split in two ways',
};
