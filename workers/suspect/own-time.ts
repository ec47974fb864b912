import { NO_STACK, type Profile, type Selection, type StackTable } from '../../storage/profile/profile.ts';
import { selectSamples } from '../../storage/profile/selection.ts';
import { findEnclosingFunctions } from './enclosing-functions.ts';
import type { FrameAnatomy } from './frames/frame-anatomy.ts';
import { findIdleSamples } from './idle.ts';
import { sumOutermost } from './sum-outermost.ts';

/** What the innermost frames of a sample were doing. */
const works = [
  'own',
  'library',
  'runtime',
  'kernel',
  'unknown',
  'garbage collection',
  'compilation',
] as const;
export type Work = (typeof works)[number];
const collecting = works.indexOf('garbage collection');
const compiling = works.indexOf('compilation');

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

/** What the operating system, or code that waits, was asked to do; rows as in the kernel's anatomy. */
const activities = ['locks', 'files', 'network', 'memory', 'scheduling'] as const;
export type Activity = (typeof activities)[number];
const locking = activities.indexOf('locks');

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
  /** Busy samples in the kernel, or in code that waits for a lock, by what for. */
  activity: Map<Activity, number>;
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

/** In columns of own functions: none. */
const NONE = -1;

/**
 * Adds up a selection of a named profile (see nameFrames) by the app's own functions. All is reckoned once for each
 * stack, in columns: a million samples have some hundred thousand of them.
 *
 * @param changed loose keys of the functions that changed since the baseline
 */
export function measureOwnTime(
  named: NamedProfile,
  selection: Selection,
  changed: ReadonlySet<string> = new Set(),
): OwnTime {
  return prepareOwnTime(named, selection)(changed);
}

type NamedProfile = { profile: Profile; anatomy: readonly FrameAnatomy[] };

/** As measureOwnTime, for whoever learns what changed from a first look at the functions: most is reckoned once. */
export function prepareOwnTime(
  { profile, anatomy }: NamedProfile,
  selection: Selection,
): (changed: ReadonlySet<string>) => OwnTime {
  const { stacks } = profile;
  const sums = countByStack(profile, selection);
  const { plain, ofFrame } = nameFunctions(profile, anatomy);
  const reading = readStacks(stacks, anatomy, plain, ofFrame);
  addTotals(stacks, sums.counts, plain, ofFrame);
  return (changed) => {
    const known = plain.map(withoutTime);
    const answering = findAnswering(stacks, known, ofFrame, changed);
    const time = addUp(sums, reading, answering, known, anatomy);
    for (const own of known) if (own.total > 0) time.functions.set(own.key, own);
    return time;
  };
}

function addUp(
  { counts, withoutStack, idle }: StackCounts,
  { work, owner, callee, activity }: StackReading,
  answering: { row: Int32Array; level: Uint8Array },
  known: readonly OwnFunction[],
  anatomy: readonly FrameAnatomy[],
): OwnTime {
  const time: OwnTime = {
    busy: withoutStack,
    idle,
    compiling: 0,
    outside: new Map(),
    work: new Map(),
    activity: new Map(),
    functions: new Map(),
  };
  if (withoutStack > 0) {
    add(time.work, 'unknown', withoutStack);
    add(time.outside, 'unknown', withoutStack);
  }
  for (let stack = 0; stack < counts.length; stack++) {
    const count = counts[stack]!;
    if (count === 0) continue;
    const spent = works[work[stack]!]!;
    const own = owner[stack] === NONE ? undefined : known[owner[stack]!]!;
    time.busy += count;
    add(time.work, spent, count);
    if (activity[stack] !== NONE) add(time.activity, activities[activity[stack]!]!, count);
    add(own?.work ?? time.outside, spent, count);
    if (own === undefined) continue;
    own.self += count;
    const answerable = answering.row[stack] === NONE ? own : known[answering.row[stack]!]!;
    answerable.answersFor[answering.level[stack]!]! += count;
    add(answerable.spentIn, own.key, count);
    if (callee[stack] !== NONE) add(own.callees, anatomy[callee[stack]!]!.name, count);
  }
  return time;
}

function withoutTime(own: OwnFunction): OwnFunction {
  const answersFor = new Array<number>(mostLevels).fill(0);
  return { ...own, work: new Map(), callees: new Map(), answersFor, spentIn: new Map() };
}

type StackReading = {
  /** What the innermost frame was doing, a row of `works`. */
  work: Uint8Array;
  /** The own function whose time it is. */
  owner: Int32Array;
  /** The frame of the first function below it that a person of its language knows by name: `json.Marshal` and not the
   * interpreter's `_PyEval_EvalFrame` on the way to it. */
  callee: Int32Array;
  /** A row of `activities`, or NONE. */
  activity: Int8Array;
};

/** Callers stand before their callees, so that one pass is enough. */
function readStacks(
  { parent, frame }: StackTable,
  anatomy: readonly FrameAnatomy[],
  known: readonly OwnFunction[],
  ofFrame: Int32Array,
): StackReading {
  const alone = Uint8Array.from(anatomy, (one) => works.indexOf(workOf(one)));
  const length = parent.length;
  const work = new Uint8Array(length);
  const owner = new Int32Array(length);
  const callee = new Int32Array(length);
  const activity = new Int8Array(length);
  const aloneActivity = Int8Array.from(anatomy, activityOf);
  for (let stack = 0; stack < length; stack++) {
    const row = frame[stack]!;
    const caller = parent[stack]!;
    const isRoot = caller === NO_STACK;
    const isOwn = ofFrame[row] !== NONE;
    const callerWork = isRoot ? NONE : work[caller]!;
    // Whatever a collector or compiler calls is its work.
    const isTheirs =
      !isOwn && (callerWork === collecting || (callerWork === compiling && alone[row] !== collecting));
    work[stack] = isTheirs ? callerWork : alone[row]!;
    // Whatever is done for a lock is waiting for it; else the innermost that can be told.
    const outer = isOwn || isRoot ? NONE : activity[caller]!;
    activity[stack] = outer === locking || aloneActivity[row] === NONE ? outer : aloneActivity[row]!;
    owner[stack] = isOwn ? ofFrame[row]! : isRoot ? NONE : owner[caller]!;
    callee[stack] = NONE;
    if (isOwn || isRoot) continue;
    callee[stack] = callee[caller]!;
    const { function: name, language } = anatomy[row]!;
    if (callee[stack] !== NONE || owner[stack] === NONE || name === '') continue;
    if (known[owner[stack]!]!.anatomy.language === language) callee[stack] = row;
  }
  return { work, owner, callee, activity };
}

/** For each stack the nearest function on it that changed, and how many own functions further out that is. */
function findAnswering(
  { parent, frame }: StackTable,
  known: readonly OwnFunction[],
  ofFrame: Int32Array,
  changed: ReadonlySet<string>,
): { row: Int32Array; level: Uint8Array } {
  const isChanged = known.map(({ looseKey }) => changed.has(looseKey));
  const row = new Int32Array(parent.length).fill(NONE);
  const level = new Uint8Array(parent.length);
  if (!isChanged.includes(true)) return { row, level };
  for (let stack = 0; stack < parent.length; stack++) {
    const own = ofFrame[frame[stack]!]!;
    const caller = parent[stack]!;
    if (own !== NONE && isChanged[own] === true) row[stack] = own;
    else if (caller !== NO_STACK && row[caller] !== NONE) {
      const further = level[caller]! + (own === NONE ? 0 : 1);
      if (further >= mostLevels) continue;
      row[stack] = row[caller]!;
      level[stack] = further;
    }
  }
  return { row, level };
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

/** Waiting for a lock, in any runtime; their names stay when the kernel's are hidden. */
const lockNames =
  /^(?:(?:__GI_)?_*(?:lll_lock_wa(?:it|ke)\w*|pthread_(?:mutex|rwlock|cond|spin)_\w+)(?:@.*)?|ObjectMonitor::\w+|ObjectSynchronizer::\w+|Unsafe_Park|Parker::park|runtime\.(?:lock2|unlock2|semacquire\w*|semrelease\w*|futex\w*)|sync\.(?:RW)?Mutex\.\w+|take_gil|PyThread_acquire_lock\w*)$/;

function activityOf({ name, category, package: kernelActivity }: FrameAnatomy): number {
  if (category === 'own') return NONE;
  if (category === 'kernel') return (activities as readonly string[]).indexOf(kernelActivity);
  return lockNames.test(name) ? locking : NONE;
}

function workOf({ name, category }: FrameAnatomy): Work {
  if (category === 'own') return 'own';
  if (isGarbageCollection({ name, category })) return 'garbage collection';
  return compilation.test(name) ? 'compilation' : category;
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

/**
 * Several frames may be one function (its closures): the plainest name stands for all.
 *
 * @returns the functions, and for each frame the row of its function, or NONE
 */
function nameFunctions(
  profile: Profile,
  anatomies: readonly FrameAnatomy[],
): { plain: OwnFunction[]; ofFrame: Int32Array } {
  const enclosing = findEnclosingFunctions(profile, anatomies);
  const known: OwnFunction[] = [];
  const rows = new Map<string, number>();
  const ofFrame = Int32Array.from(anatomies, (anatomy, frame) => {
    if (anatomy.category !== 'own') return NONE;
    const key = definitionKey(anatomies[enclosing[frame]!] ?? anatomy);
    const row = rows.get(key) ?? known.length;
    const before = known[row];
    if (before !== undefined && !isPlainer(anatomy, before.anatomy)) return row;
    rows.set(key, row);
    known[row] = {
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
    };
    return row;
  });
  return { plain: known, ofFrame };
}

function isPlainer(a: FrameAnatomy, b: FrameAnatomy): boolean {
  if ((a.function === '') !== (b.function === '')) return b.function === '';
  if (a.name.length !== b.name.length) return a.name.length < b.name.length;
  return a.name < b.name || (a.name === b.name && a.line < b.line);
}

/** How often a function was on the stack, and who called it, as if there were own functions only. */
function addTotals(
  stacks: StackTable,
  counts: Float64Array,
  known: readonly OwnFunction[],
  ofFrame: Int32Array,
): void {
  const { parent, frame } = stacks;
  const row = new Int32Array(frame.length);
  for (let stack = 0; stack < row.length; stack++) row[stack] = ofFrame[frame[stack]!]!;
  const { totals, calls } = sumOutermost({ parent, row }, counts, known.length);
  for (const [place, own] of known.entries()) {
    own.total = totals[place]!;
    const [first] = [...(calls.get(place) ?? [])].sort(
      ([a, countA], [b, countB]) => countB - countA || (known[a]!.key < known[b]!.key ? -1 : 1),
    );
    if (first === undefined || own.total === 0) continue;
    own.caller = { key: known[first[0]]!.key, ratio: Math.min(1, first[1] / own.total) };
  }
}

/** Samples by stack, those of idle CPUs left out: all that follows then costs stacks, not samples. */
type StackCounts = { counts: Float64Array; withoutStack: number; idle: number };

function countByStack(profile: Profile, selection: Selection): StackCounts {
  const isIdle = findIdleSamples(profile);
  const { stack, count } = profile.samples;
  const counts = new Float64Array(profile.stacks.parent.length);
  const rows = selectSamples(profile, selection);
  let withoutStack = 0;
  let idle = 0;
  for (let place = 0; place < rows.length; place++) {
    const sample = rows[place]!;
    if (isIdle(sample)) idle += count[sample]!;
    else if (stack[sample] === NO_STACK) withoutStack += count[sample]!;
    else counts[stack[sample]!]! += count[sample]!;
  }
  return { counts, withoutStack, idle };
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
