import { buildCallTree, NO_FRAME } from '../../storage/profile/call-tree.ts';
import { mapFrames } from '../../storage/profile/map-frames.ts';
import { FrameKind, type Profile, type Selection } from '../../storage/profile/profile.ts';
import { selectSamples } from '../../storage/profile/selection.ts';
import { buildTopTable } from '../../storage/profile/top-table.ts';
import { findEnclosingFunctions } from './enclosing-functions.ts';
import type { FrameAnatomy } from './frames/frame-anatomy.ts';
import { findIdleSamples } from './idle.ts';

/** What the innermost frames of a sample were doing. */
export type Work =
  | 'own'
  | 'library'
  | 'runtime'
  | 'kernel'
  | 'unknown'
  | 'garbage collection'
  | 'compilation';

export type OwnFunction = {
  /** Equal for the same function in two recordings of one revision. */
  key: string;
  /** Equal in two revisions too: without line and folder. */
  looseKey: string;
  name: string;
  anatomy: FrameAnatomy;
  /** Samples in it and in the library, runtime and kernel code it called; not in other own functions. */
  self: number;
  /** Samples in which it was on the stack; recursion counts once. */
  total: number;
  /** `self` by what was done. */
  work: Map<Work, number>;
  /** `self` by the skipped function that was called, where the language has a name for it. */
  callees: Map<string, number>;
  /** Key of the own function that called it most, and the share of its samples that came from there. */
  caller: { key: string; ratio: number } | null;
  /**
   * `self` of a function of its own code that changed, with that of the unchanged own functions below it, of the
   * nearest at [0]: itself, [1]: called by it, and so on. Of an unchanged one what no changed one answers for.
   */
  answersFor: number[];
  /** The same by the function in which the time was spent. */
  spentIn: Map<string, number>;
};

/** Where the time of a selection went, seen from the app's own code. Counts are samples. */
export type OwnTime = {
  /** All but idle ones, and those that were set aside. */
  busy: number;
  idle: number;
  /** Set aside: those of the JIT compiler's own threads (see setCompilerAside). */
  compiling: number;
  /** Busy samples without any own function, by what was done. */
  outside: Map<Work, number>;
  /** Busy samples by what was done. */
  work: Map<Work, number>;
  functions: Map<string, OwnFunction>;
};

/** Functions that do next to nothing themselves only hold what others do: entry points, loops. */
const hottestSelfShare = 0.01;

const garbageCollection =
  /^(?:G1|Z(?:Mark|Relocat|Collector|Driver|Director)|Shenandoah|ParGC|PSPromotion|PS(?:Scavenge|MarkSweep)|GCTask|VM_G1|VM_Parallel|runtime::gc|gc[A-Z]\w+$|gc\.|\(garbage collector\)|v8::internal::(?:Heap::|Scaveng|MarkCompact|Marking|Sweeper|GarbageCollect|ConcurrentMarking|HeapAllocator::CollectGarbage)|gc_collect|_PyGC_|deduce_unreachable|rb_gc|gc_(?:mark|sweep))|^runtime\.(?:gc[A-Z]\w*|bg(?:sweep|scavenge)|markroot|scanobject|scanstack|greyobject|wbBufFlush\w*)/;
const compilation =
  /^(?:C[12]Compiler::|CompileBroker::|Compile::|Compilation::|PhaseChaitin|PhaseIdealLoop|Parse::|v8::internal::(?:compiler::|maglev::|turboshaft::|Compiler::|OptimizingCompile|baseline::|parsing::|Parser\b))/;

/** Further away nobody is answerable. */
const mostLevels = 8;

/**
 * Adds up a selection of a named profile (see nameFrames) by the app's own functions.
 *
 * @param changed loose keys of the functions that changed since the baseline
 */
export function measureOwnTime(
  { profile, anatomy }: { profile: Profile; anatomy: readonly FrameAnatomy[] },
  selection: Selection,
  changed: ReadonlySet<string> = new Set(),
): OwnTime {
  const { busy, idle } = condense(profile, selection);
  const enclosing = findEnclosingFunctions(profile, anatomy);
  const keys = anatomy.map((frame, row) =>
    frame.category === 'own' ? definitionKey(anatomy[enclosing[row]!] ?? frame) : null,
  );
  const functions = nameFunctions(anatomy, keys);
  const time: OwnTime = { busy: 0, idle, compiling: 0, outside: new Map(), work: new Map(), functions };
  const tree = buildCallTree(busy);
  const works: Work[] = [];
  const owners: (string | null)[] = [];
  const callees: (string | null)[] = [];
  const answerable: (Answerable | null)[] = [];
  for (let row = 0; row < tree.parent.length; row++) {
    const frame = tree.frame[row]!;
    const callerWork = row === 0 ? 'unknown' : works[tree.parent[row]!]!;
    works[row] = frame === NO_FRAME ? 'unknown' : workOf(anatomy[frame]!, callerWork);
    owners[row] =
      (frame === NO_FRAME ? null : keys[frame]!) ?? (row === 0 ? null : owners[tree.parent[row]!]!);
    callees[row] =
      frame === NO_FRAME || row === 0
        ? null
        : calleeOf(anatomy[frame]!, callees[tree.parent[row]!]!, owners[row]!);
    const above = row === 0 ? null : answerable[tree.parent[row]!]!;
    const key = frame === NO_FRAME ? null : keys[frame]!;
    answerable[row] = key === null ? above : answerFor(functions.get(key)!, changed, above);
    const count = tree.self[row]!;
    if (count === 0) continue;
    const owner = owners[row] === null ? undefined : functions.get(owners[row]!);
    time.busy += count;
    add(time.work, works[row]!, count);
    add(owner?.work ?? time.outside, works[row]!, count);
    if (owner === undefined) continue;
    owner.self += count;
    charge(answerable[row] ?? { function: owner, level: 0 }, owner, count);
    const callee = callees[row];
    if (callee !== null && callee !== undefined) add(owner.callees, callee, count);
  }
  addTotals(busy, keys, functions);
  for (const [key, { total }] of functions) if (total === 0) functions.delete(key);
  return time;
}

/**
 * Without what the JIT compiler did beside the app. How much that is says how young a process is: a recording of the
 * first minute after a deploy would else seem to have less of everything than one of an hour later. Compiling that a
 * function of the app waits for stays with it.
 */
export function setCompilerAside(time: OwnTime): OwnTime {
  const compiling = time.outside.get('compilation') ?? 0;
  if (compiling === 0) return time;
  const outside = new Map(time.outside);
  outside.delete('compilation');
  const work = new Map(time.work).set('compilation', (time.work.get('compilation') ?? 0) - compiling);
  return { ...time, busy: time.busy - compiling, compiling, outside, work };
}

/** The nearest changed function on the stack, and how many own functions further out it is. */
type Answerable = { function: OwnFunction; level: number };

function answerFor(
  own: OwnFunction,
  changed: ReadonlySet<string>,
  above: Answerable | null,
): Answerable | null {
  if (changed.has(own.looseKey)) return { function: own, level: 0 };
  if (above === null || above.level + 1 >= mostLevels) return null;
  return { function: above.function, level: above.level + 1 };
}

function charge({ function: answering, level }: Answerable, spender: OwnFunction, count: number): void {
  answering.answersFor[level]! += count;
  add(answering.spentIn, spender.key, count);
}

/** Own functions by total share, hottest first; at most 5. */
export function listHottest({ functions, busy }: OwnTime): { function: string; share: number }[] {
  return [...functions.values()]
    .filter(({ self }) => self >= hottestSelfShare * busy)
    .sort((a, b) => b.total - a.total || b.self - a.self || (a.key < b.key ? -1 : 1))
    .slice(0, 5)
    .map(({ name, total }) => ({ function: name, share: total / busy }));
}

/** Whether a frame belongs to a collector, in any runtime. */
export function isGarbageCollection({ name, category }: Pick<FrameAnatomy, 'name' | 'category'>): boolean {
  return category !== 'own' && garbageCollection.test(name);
}

function workOf({ name, category }: FrameAnatomy, callerWork: Work): Work {
  if (category === 'own') return 'own';
  // Whatever a collector or compiler calls is its work.
  if (isGarbageCollection({ name, category }) || callerWork === 'garbage collection')
    return 'garbage collection';
  if (compilation.test(name) || callerWork === 'compilation') return 'compilation';
  return category;
}

/**
 * The first function below an own one that a person of its language knows by name: `json.Marshal` and not the
 * interpreter's `_PyEval_EvalFrame` on the way to it.
 */
function calleeOf(frame: FrameAnatomy, callerCallee: string | null, owner: string | null): string | null {
  if (frame.category === 'own') return null;
  if (callerCallee !== null || owner === null || frame.function === '') return callerCallee;
  return owner.startsWith(`${frame.language}\0`) ? frame.name : null;
}

function definitionKey(frame: FrameAnatomy): string {
  const { language, function: functionName, file, line } = frame;
  const name = functionName === '' ? `${frame.name} ${line}` : functionName;
  return [language, frame.package, frame.class, name, file].join('\0');
}

function looseKey(frame: FrameAnatomy): string {
  const file = frame.file.slice(frame.file.lastIndexOf('/') + 1);
  return [frame.language, frame.package, frame.class, frame.function, file].join('\0');
}

/** Several frames may be one function (its closures): the plainest name stands for all. */
function nameFunctions(
  anatomies: readonly FrameAnatomy[],
  keys: readonly (string | null)[],
): Map<string, OwnFunction> {
  const functions = new Map<string, OwnFunction>();
  for (const [row, anatomy] of anatomies.entries()) {
    const key = keys[row];
    if (key === null || key === undefined) continue;
    const known = functions.get(key);
    if (known !== undefined && !isPlainer(anatomy, known.anatomy)) continue;
    functions.set(key, {
      key,
      looseKey: looseKey(anatomy),
      name: anatomy.name,
      anatomy,
      self: 0,
      total: 0,
      work: new Map(),
      callees: new Map(),
      caller: null,
      answersFor: new Array<number>(mostLevels).fill(0),
      spentIn: new Map(),
    });
  }
  return functions;
}

function isPlainer(a: FrameAnatomy, b: FrameAnatomy): boolean {
  if ((a.function === '') !== (b.function === '')) return b.function === '';
  if (a.name.length !== b.name.length) return a.name.length < b.name.length;
  return a.name < b.name || (a.name === b.name && a.line < b.line);
}

/** With all but own functions taken out of the stacks, total and caller can be read off directly. */
function addTotals(
  profile: Profile,
  keys: readonly (string | null)[],
  functions: Map<string, OwnFunction>,
): void {
  const own = mapFrames(profile, (row) => {
    const key = keys[row];
    return key === null || key === undefined ? null : { name: key, module: '', kind: FrameKind.Unknown };
  }).profile;
  for (const { frame, total } of buildTopTable(own)) {
    const known = functions.get(own.frames.name[frame]!);
    if (known !== undefined) known.total = total;
  }
  const callers = new Map<string, Map<string, number>>();
  const tree = buildCallTree(own);
  for (let row = 1; row < tree.parent.length; row++) {
    const caller = tree.frame[tree.parent[row]!]!;
    if (caller === NO_FRAME || caller === tree.frame[row]) continue;
    const key = own.frames.name[tree.frame[row]!]!;
    const counts = callers.get(key) ?? new Map<string, number>();
    callers.set(key, counts);
    add(counts, own.frames.name[caller]!, tree.total[row]!);
  }
  for (const [key, counts] of callers) {
    const known = functions.get(key);
    const [first] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
    if (known === undefined || first === undefined || known.total === 0) continue;
    known.caller = { key: first[0], ratio: Math.min(1, first[1] / known.total) };
  }
}

/** One sample for each stack of a selection, idle ones left out: all that follows then costs stacks, not samples. */
function condense(profile: Profile, selection: Selection): { busy: Profile; idle: number } {
  const isIdle = findIdleSamples(profile);
  const { stack, count } = profile.samples;
  // Slot 0 is for samples without frames, whose stack is -1.
  const counts = new Float64Array(profile.stacks.parent.length + 1);
  let idle = 0;
  for (const sample of selectSamples(profile, selection)) {
    if (isIdle(sample)) idle += count[sample]!;
    else counts[stack[sample]! + 1]! += count[sample]!;
  }
  const used = Int32Array.from(counts.keys()).filter((slot) => counts[slot]! > 0);
  const samples = {
    timeMs: new Float64Array(used.length),
    thread: new Uint32Array(used.length),
    stack: used.map((slot) => slot - 1),
    event: new Uint16Array(used.length),
    count: Float64Array.from(used, (slot) => counts[slot]!),
    weight: new Float64Array(used.length),
  };
  return { busy: { ...profile, samples }, idle };
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
