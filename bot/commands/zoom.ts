import type { SnapshotRow } from '../../storage/database/store.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { type Part, reportSchema } from '../../workers/jobs.ts';
import { beginWork } from './begin-work.ts';
import { chooseSnapshot } from './choose-snapshot.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { environmentOption } from './environment-option.ts';
import { isPart, parseBurst, parseClock, parseOffsets } from './part-words.ts';
import { describeWindow, rangeOptions, readWindow } from './window-options.ts';
import { countArguments, readText, wordsSchema } from './words.ts';

export const zoom = defineCommand({
  name: 'zoom',
  usage:
    'zoom [<app-env> | <snapshot id>] [<burst> | 5s-8s | 03:12:10-03:12:25] [--only pod] [--threads name] [--without text]',
  summary: 'draws a part of a snapshot, and says what is hot in it',
  options: {
    env: environmentOption,
    ...rangeOptions,
    only: { type: 'string', value: 'pod', help: 'only this pod, or what runs below this function' },
    threads: { type: 'string', value: 'http-*', help: 'only threads of this name' },
    without: { type: 'string', value: 'GC', help: 'leaves out what runs below this function or module' },
  },
  examples: ['zoom 2', 'zoom 5s-8s', 'zoom 03:12:10-03:12:25', 'zoom --only pod-3 --without GC'],
  parse: wordsSchema.transform(({ positionals, options }, { addIssue }) => {
    const parts = positionals.filter(isPart);
    const targets = positionals.filter((word) => !isPart(word));
    const problem =
      countArguments(targets, { minimum: 0, maximum: 1, needed: '' }) ??
      countArguments(parts, { minimum: 0, maximum: 1, needed: '' });
    if (problem !== undefined) addIssue(problem);
    const part = readPart(parts[0], options, addIssue);
    if (!restricts(part)) {
      addIssue('what to look at is missing: a burst, a time range, "--only", "--threads" or "--without"');
    }
    return { target: targets[0], environment: readText(options, 'env'), part };
  }),
  async run({ target, environment, part }, context) {
    const snapshot = await chooseSnapshot(context, { target, environment, action: 'zoom in' });
    const { burst } = part;
    const window = burst === null ? part.window : await getBurst(context, snapshot, burst);
    const echo = `Drawing ${snapshot.app}-${snapshot.environment}${describePart({ ...part, window })}`;
    return await beginWork(context, { name: 'zoom', echo, snapshot }, { part: { ...part, window } });
  },
});

function readPart(
  word: string | undefined,
  options: Parameters<typeof readWindow>[0],
  addProblem: (problem: string) => void,
): Part {
  const typed = word === undefined ? undefined : parseOffsets(word);
  const named = readWindow(options, addProblem);
  if (word !== undefined && Object.keys(named).length > 0)
    addProblem(`"${word}" cannot stand with "--from" or "--to"`);
  if (typed !== undefined && typed.fromMs >= typed.toMs)
    addProblem(`the range "${word}" has to end later than it begins`);
  return {
    window: { ...named, ...typed },
    clock: (word === undefined ? undefined : parseClock(word)) ?? null,
    burst: (word === undefined ? undefined : parseBurst(word)) ?? null,
    only: readText(options, 'only') ?? null,
    threads: readText(options, 'threads') ?? null,
    without: readText(options, 'without') ?? null,
  };
}

function restricts({ window, ...others }: Part): boolean {
  return Object.keys(window).length > 0 || Object.values(others).some((given) => given !== null);
}

/** The window of a burst, a little rather too much of it, as the heatmap of the snapshot numbers them. */
async function getBurst(
  { store }: CommandContext,
  { id, requestId, app, environment }: SnapshotRow,
  number: number,
): Promise<Part['window']> {
  const messages = await store.listMessages(requestId);
  const heatmap = reportSchema.safeParse(messages.find(({ key }) => key === 'heatmap')?.content);
  const bursts = heatmap.success && heatmap.data.report === 'heatmap' ? heatmap.data.bursts : [];
  const burst = bursts[number - 1];
  if (burst !== undefined) {
    return { fromMs: Math.floor(burst.fromMs / 100) * 100, toMs: Math.ceil(burst.toMs / 100) * 100 };
  }
  const found =
    bursts.length === 0 ? 'none was found, or its heatmap is not kept' : `it has ${bursts.length}`;
  throw new AvalancheError(
    'SELECTION_EMPTY',
    `Cannot zoom into burst "${number}" of ${app}-${environment}: ${found} (snapshot ${id})`,
  );
}

/** `, burst 2, from 4.1 s to 6.8 s, only "pod-3"` */
function describePart({ window, clock, burst, only, threads, without }: Part): string {
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 19);
  return [
    burst === null ? '' : `, burst ${burst}`,
    describeWindow(window),
    clock === null ? '' : `, from ${time(clock.fromMs)} to ${time(clock.toMs)} UTC`,
    only === null ? '' : `, only "${only}"`,
    threads === null ? '' : `, threads "${threads}"`,
    without === null ? '' : `, without "${without}"`,
  ].join('');
}
