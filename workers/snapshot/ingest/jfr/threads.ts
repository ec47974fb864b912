import type { Thread } from '../../../../storage/profile/profile.ts';
import type { ConstantPools } from './constant-pools.ts';
import type { Id } from './cursor.ts';
import { FieldReader, type Layout } from './layouts.ts';
import type { JfrSamples } from './samples.ts';

const longestName = 4096;

/** The threads of one chunk as threads of the recording. */
export class ChunkThreads {
  readonly #pools: ConstantPools;
  readonly #samples: JfrSamples;
  readonly #pid: number;
  readonly #rows = new Map<Id, number>();

  /** @param pid of the JVM; -1 when it is not known yet */
  constructor(pools: ConstantPools, samples: JfrSamples, pid: number) {
    this.#pools = pools;
    this.#samples = samples;
    this.#pid = pid;
  }

  /** @param threads null when the event does not say on which thread it happened */
  find(threads: Layout | null, id: Id): number {
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    const row = this.#samples.thread({ pid: this.#pid, ...this.#describe(threads, id) });
    this.#rows.set(id, row);
    return row;
  }

  #describe(threads: Layout | null, id: Id): Pick<Thread, 'tid' | 'comm'> {
    const cursor = threads === null ? null : this.#pools.open(threads, id);
    if (threads === null || cursor === null) return { tid: -1, comm: '[unknown]' };
    const reader = new FieldReader(threads, ['osThreadId', 'javaThreadId', 'javaName', 'osName']);
    const [osId, javaId, javaName, osName] = reader.read(cursor);
    const name = this.#pools.readText(javaName) || this.#pools.readText(osName);
    // Virtual threads have no thread of the system, and mostly no name.
    const tid = Number(osId ?? 0) > 0 ? Number(osId) : Number(javaId ?? -1);
    return { tid, comm: name === '' ? '(virtual thread)' : name.slice(0, longestName) };
  }
}
