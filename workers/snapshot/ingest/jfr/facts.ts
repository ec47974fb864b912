import type { Recording } from '../../../../storage/profile/profile.ts';
import type { ProfileBuilder } from '../../../../storage/profile/profile-builder.ts';
import type { Value } from './layouts.ts';

/** Events that say how a recording was made, and the fields of them that are looked at. */
export const factEvents = {
  'jdk.JVMInformation': ['pid', 'javaArguments'],
  'jdk.ActiveSetting': ['id', 'name', 'value'],
  'jdk.InitialEnvironmentVariable': ['key', 'value'],
  'jdk.DataLoss': [],
  'jdk.CPUTimeSamplesLost': ['lostSamples'],
} as const satisfies Record<string, readonly string[]>;

const nanoseconds: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, '': 1 };
const longestText = 4096;

/** What the events of a recording say about it as a whole. */
export class JfrFacts {
  pid = -1;
  #command: string | null = null;
  #host: string | null = null;
  readonly #rates = new Map<string, number>();
  readonly #builder: ProfileBuilder;

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  /**
   * @param event name of one of the `factEvents`
   * @param fields of it, in their order
   * @param readTextOf gives the text of a field
   * @param nameOf gives the name of an event by its number
   */
  add(
    event: string,
    fields: readonly Value[],
    readTextOf: (value: Value | undefined) => string,
    nameOf: (id: Value | undefined) => string,
  ): void {
    const [first, second, third] = fields;
    const readText = (value: Value | undefined) => readTextOf(value).slice(0, longestText);
    switch (event) {
      case 'jdk.JVMInformation':
        this.#addProcess(Number(first ?? -1), readText(second));
        break;
      case 'jdk.ActiveSetting':
        this.#addSetting(nameOf(first), readText(second), readText(third));
        break;
      case 'jdk.InitialEnvironmentVariable':
        this.#addVariable(readText(first), readText(second));
        break;
      case 'jdk.CPUTimeSamplesLost':
        this.#addLost(Number(first ?? 0));
        break;
      default:
        this.#builder.warn('JFR: the JVM lost events before it could write them');
    }
  }

  /** @param firstEvent the event whose rate is that of the recording */
  describe(firstEvent: string | undefined): Partial<Pick<Recording, 'command' | 'host' | 'rateHz'>> {
    const rateHz = this.#rates.get(firstEvent ?? '');
    return {
      ...(this.#command !== null && { command: this.#command }),
      ...(this.#host !== null && { host: this.#host }),
      ...(rateHz !== undefined && { rateHz }),
    };
  }

  /** Of the command line only what was started: passwords are among the arguments of some. */
  #addProcess(pid: number, javaArguments: string): void {
    if (Number.isSafeInteger(pid) && pid > 0) this.pid = pid;
    const started = /^\S+/.exec(javaArguments)?.[0];
    if (started !== undefined) this.#command = `java ${started}`;
  }

  /** The JDK writes `period` with its unit, async-profiler `interval` in nanoseconds. */
  #addSetting(event: string, setting: string, value: string): void {
    if (setting !== 'period' && setting !== 'interval') return;
    const [, amount, unit = ''] = /^(\d{1,12}) ?(ns|us|ms|s|)$/.exec(value) ?? [];
    const periodNs = Number(amount ?? 0) * nanoseconds[unit]!;
    if (periodNs > 0) this.#rates.set(event, 1e9 / periodNs);
  }

  /** Of a field of another type, the number is none. */
  #addLost(count: number): void {
    if (count > 0) this.#builder.addLost(count);
  }

  #addVariable(key: string, value: string): void {
    if (key === 'HOSTNAME' && value !== '') this.#host = value;
  }
}
