import { AvalancheError } from '../../../storage/errors.ts';
import { describeFrame } from '../../../storage/profile/frame-interner.ts';
import {
  FrameKind,
  type Milliseconds,
  NO_STACK,
  type Profile,
  type Thread,
} from '../../../storage/profile/profile.ts';
import { type ProfileExport, StackTexts, selectRows, WholeNumbers, walkStack } from './export.ts';

/**
 * What `perf script` would print, for FlameScope and everything else that reads it:
 *
 *     match-1 (eu) 12/14  4248.039678000:   10101010 cpu-clock:
 *     	              2a match_loop (/srv/app/matcher)
 *
 * A row that stands for several samples becomes as many events. Addresses are not kept in a profile: what is
 * printed as one only tells frames apart.
 */
export const perfScriptExport: ProfileExport = {
  name: 'perf-script',
  *write(profile, selection) {
    const rows = selectRows(profile, selection);
    checkAmount(profile, rows);
    const frames = new FrameLines(profile);
    const stacks = new StackTexts((stack) => frames.format(stack));
    const counts = profile.events.map(() => new WholeNumbers());
    const periods = profile.events.map(() => new WholeNumbers());
    let text = formatComments(profile);
    for (const row of rows) {
      const { count, weight, event, stack } = profile.samples;
      const repeat = counts[event[row]!]!.take(count[row]!);
      const lines = stacks.find(stack[row]!);
      for (let index = 0; index < repeat; index++) {
        const period = periods[event[row]!]!.take(weight[row]! / repeat);
        text += `${formatHeader(profile, row, period)}\n${lines}\n`;
        if (text.length < pieceCharacters) continue;
        yield text;
        text = '';
      }
    }
    yield text;
  },
};

const pieceCharacters = 64 * 1024;

/** Of folded stacks and pprof, which come summed; a file of some GiB. */
const mostEvents = 10_000_000;

function checkAmount({ samples }: Profile, rows: Uint32Array): void {
  const events = rows.reduce((sum, row) => sum + samples.count[row]!, 0);
  if (events <= mostEvents) return;
  throw new AvalancheError(
    'RECORDING_TOO_LARGE',
    `Cannot write perf script text: ${Math.round(events)} events (at most ${mostEvents}; choose a format that keeps sums)`,
  );
}

function formatComments({ recording: { host, command } }: Profile): string {
  const lines: string[] = [];
  if (host !== null) lines.push(`# hostname : ${oneLine(host)}\n`);
  if (command !== null) lines.push(`# cmdline : ${oneLine(command)}\n`);
  return lines.length === 0 ? '' : `# ========\n${lines.join('')}# ========\n#\n`;
}

function formatHeader({ samples, threads, events, recording }: Profile, row: number, period: number): string {
  const thread = threads[samples.thread[row]!]!;
  const { name, unit } = events[samples.event[row]!]!;
  const time = recording.hasTimes ? ` ${formatTime(samples.timeMs[row]!)}:` : '';
  const shown = unit === 'samples' ? '' : ` ${period}`;
  // One number alone is the tid; without a time behind it nobody could tell it from the period.
  const ids = thread.pid === -1 && recording.hasTimes ? thread.tid : `${thread.pid}/${thread.tid}`;
  return `${formatComm(thread)} ${ids}${time}${shown} ${formatEvent(name)}:`;
}

/** Seconds with nine digits behind the point. */
function formatTime(timeMs: Milliseconds): string {
  const nanoseconds = BigInt(Math.round(timeMs * 1e6));
  const digits = String(nanoseconds).padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** perf names a thread without a comm `:tid`. A comm that holds a header would end too early. */
function formatComm({ comm, tid }: Thread): string {
  const line = oneLine(comm).trim();
  return line === '' ? `:${tid}` : line.replaceAll(/(\d\.\d{1,9}):/g, '$1;');
}

function formatEvent(name: string): string {
  return name.trim().replaceAll(/\s+/g, '_') || 'samples';
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\t\0]+/g, ' ');
}

/** Stack lines of a profile, innermost first. */
class FrameLines {
  readonly #profile: Profile;
  /** The part of a line behind the address, by frame. */
  readonly #texts: string[] = [];

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  format(stack: number): string {
    if (stack === NO_STACK) return '';
    let depth = 0;
    let text = '';
    for (const frame of walkStack(this.#profile, stack)) {
      this.#texts[frame] ??= this.#formatFrame(frame);
      // perf itself prints one frame twice at times, at one address: a recursion has two.
      depth += 1;
      const address = (2 * (frame + 1) + (depth & 1)).toString(16);
      text += `\t${address.padStart(16)} ${this.#texts[frame]}\n`;
    }
    return text;
  }

  #formatFrame(row: number): string {
    const { name, module, kind } = describeFrame(this.#profile.frames, row);
    const symbol = oneLine(name).trim() || '[unknown]';
    // What looks like an offset would be cut off as one.
    const whole = /\+0x[0-9a-f]+$/.test(symbol) ? `${symbol}+0x0` : symbol;
    return `${whole} (${toModule(oneLine(module).trim(), kind)})`;
  }
}

/** The module says what kind of frame it is; formats without modules have the kind alone. */
function toModule(module: string, kind: FrameKind): string {
  if (kind === FrameKind.Inlined) return 'inlined';
  if (module !== '') return module;
  switch (kind) {
    case FrameKind.Kernel:
      return '[kernel.kallsyms]';
    case FrameKind.Jit:
      return '[JIT]';
    case FrameKind.Unknown:
      return '[unknown]';
    default:
      return '';
  }
}
