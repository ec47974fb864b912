import type { Wish } from '../../workers/jobs.ts';
import { formatDuration } from '../replies/format-values.ts';
import type { CommandOption } from './command.ts';
import { parseDuration } from './duration.ts';
import { readText, type Words } from './words.ts';

export const wishOptions = {
  for: { type: 'string', value: '30s', help: 'record now, for so long, instead of what was recorded before' },
  pod: { type: 'string', value: 'shop-7d9f-x2x', help: 'this pod alone' },
  pods: { type: 'string', value: '3', help: 'at most so many pods' },
  container: { type: 'string', value: 'shop', help: 'this container of the pods' },
  url: { type: 'string', value: 'https://…', help: 'this recording, from where `downloads` allows it' },
} as const satisfies Record<string, CommandOption>;

/** As Kubernetes has them: what is anything else would be no name there, and stays out of every address. */
const podName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const shortestMs = 1_000;
const longestMs = 5 * 60_000;
const longestUrl = 1_000;

/** Reads `--for`, `--pod`, `--pods`, `--container` and `--url`; each problem is told to `addProblem`. */
export function readWish(options: Words['options'], addProblem: (problem: string) => void): Wish {
  const recordMs = readRecordMs(options, addProblem);
  const podCount = readPodCount(options, addProblem);
  const [pod, container] = ['pod', 'container'].map((option) => {
    const name = readText(options, option);
    if (name !== undefined && !podName.test(name))
      addProblem(`option "--${option}" needs a name as Kubernetes has them: found "${name}"`);
    return name;
  });
  const url = readUrl(options, addProblem);
  if (pod !== undefined && podCount !== undefined) addProblem('"--pod" cannot stand with "--pods"');
  return {
    ...(recordMs === undefined ? {} : { recordMs }),
    ...(pod === undefined ? {} : { pod }),
    ...(podCount === undefined ? {} : { podCount }),
    ...(container === undefined ? {} : { container }),
    ...(url === undefined ? {} : { url }),
  };
}

function readRecordMs(options: Words['options'], addProblem: (problem: string) => void): number | undefined {
  const value = readText(options, 'for');
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms === undefined || ms < shortestMs || ms > longestMs)
    addProblem(`option "--for" needs a duration from 1s to 5m: found "${value}"`);
  const others = ['before', 'from', 'to'].filter((name) => options[name] !== undefined);
  if (others.length > 0) addProblem(`"--for" records what comes, so "--${others[0]}" cannot stand with it`);
  return ms;
}

/** What is wrong with one is said without it: a signature or a password may be in it. */
function readUrl(options: Words['options'], addProblem: (problem: string) => void): string | undefined {
  const value = readText(options, 'url');
  if (value === undefined) return undefined;
  const other = ['for', 'pod', 'pods', 'container'].find((name) => options[name] !== undefined);
  if (other !== undefined) addProblem(`"--url" names one recording, so "--${other}" cannot stand with it`);
  const url = URL.parse(value);
  const isPlain =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}` === '' &&
    !/[?#]/.test(value) &&
    value.length <= longestUrl;
  if (isPlain) return url.href;
  addProblem('option "--url" needs an http address of a file, without user, password, "?" and "#"');
  return undefined;
}

function readPodCount(options: Words['options'], addProblem: (problem: string) => void): number | undefined {
  const value = readText(options, 'pods');
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(value)) addProblem(`option "--pods" needs a number of pods: found "${value}"`);
  return Number(value);
}

/** `, recording 30 s now, 3 pods`; empty for what is usual. */
export function describeWish({ recordMs, pod, podCount, container, url }: Wish): string {
  return [
    recordMs === undefined ? '' : `, recording ${formatDuration(recordMs)} now`,
    pod === undefined ? '' : `, pod ${pod}`,
    podCount === undefined ? '' : `, at most ${podCount} pods`,
    container === undefined ? '' : `, container ${container}`,
    url === undefined ? '' : `, from ${url}`,
  ].join('');
}
