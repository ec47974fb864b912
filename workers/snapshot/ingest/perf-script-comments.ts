import { decodeText } from './line-splitter.ts';

const longest = 4_096;

/** What the comment block of `perf script --header` says; of several blocks (segments put together) the first. */
export class PerfScriptComments {
  command: string | null = null;
  host: string | null = null;
  kernel: string | null = null;
  rateHz: number | null = null;

  take(line: string): void {
    const match = /^# ([a-z]+(?: [a-z]+)?)\s*: (.*)$/.exec(line);
    if (match === null) return;
    const value = decodeText(match[2]!.slice(0, longest)).trim();
    switch (match[1]) {
      case 'cmdline':
        this.command ??= value;
        this.rateHz ??= parseRate(/\s(?:-F|--freq)[= ]*(\d+)(?:\s|$)/.exec(value));
        return;
      case 'hostname':
        this.host ??= value;
        return;
      case 'os release':
        this.kernel ??= value;
        return;
      case 'event':
        if (/\bfreq = 1\b/.test(match[2]!)) {
          this.rateHz ??= parseRate(/sample_freq \} = (\d+)/.exec(match[2]!));
        }
    }
  }
}

function parseRate(match: RegExpExecArray | null): number | null {
  return match === null ? null : Number(match[1]);
}
