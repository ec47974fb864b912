/** The environment with more options for Node in NODE_OPTIONS, after those that are there. */
export function withNodeOptions(inherited: NodeJS.ProcessEnv, options: string): { NODE_OPTIONS: string } {
  return { NODE_OPTIONS: [inherited.NODE_OPTIONS, options].filter(Boolean).join(' ') };
}
