import type { CodeCategory } from '../../../renderers/code-category.ts';
import { FrameKind } from '../../../storage/profile/profile.ts';
import { anatomy, type RecordedFrame, type Runtime } from './frame-anatomy.ts';
import { categorizeFile, categorizeModule } from './paths.ts';

const noName = /^(?:\[.*\]|0x[0-9a-f]+|[0-9a-f]{8,}|\?+|-|)$/;
/** Code of a standard library that gets compiled into the app's own binary; C keeps `__x` and `_X` for itself. */
const runtimeNames =
  /^(?:std|core|alloc|collections|__gnu_cxx|__cxxabiv1|abi|backtrace|compiler_builtins|hashbrown)::|^(?:[ui](?:8|16|32|64|128|size)|f32|f64|bool|char|str|T|F|I)::|^_(?:_|[A-QS-Y])|^_(?:start|init|fini|dl_\w+)$|^(?:clone3?|start_thread|je_\w+)$|^(?:malloc|free|calloc|realloc|mem(?:cpy|set|move|cmp|chr)|str(?:len|cmp|chr|cpy))\b|_(?:avx|avx2|avx512|sse2|ssse3|sse42|evex|erms)\w*$|^operator (?:new|delete)|^Java_(?:java|sun|jdk)_/;
/** Without a module to tell them from one's own: what stands at the end of most stacks. */
const systemCalls =
  /^(?:read|write|readv|writev|pread64|pwrite64|recv|recvfrom|recvmsg|send|sendto|sendmsg|poll|ppoll|select|epoll_wait|epoll_pwait|accept4?|connect|open(?:at)?(?:64)?|close|futex|syscall|nanosleep|usleep|mmap(?:64)?|munmap|madvise|pthread_\w+|sched_yield|jlong_disjoint_arraycopy)$/;
const libraryNames =
  /^(?:boost|absl|google|grpc|folly|fmt|spdlog|rapidjson|nlohmann|tbb|Eigen|tokio|tokio_util|hyper|hyper_util|serde|serde_json|futures\w*|rayon|rayon_core|mio|regex\w*|reqwest|h2|http|bytes|tower|axum|actix\w*|crossbeam\w*|parking_lot\w*|rustls|tracing\w*|memchr|smallvec|dashmap)::/;
const rustMarks = /::h[0-9a-f]{16}$|17h[0-9a-f]{16}E$|\{\{closure\}\}|\{closure#\d+\}|\$(?:LT|u20|u7b)\$/;
const rustEscapes: Record<string, string> = {
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
  RF: '&',
  BP: '*',
  SP: '@',
  u20: ' ',
  u27: "'",
  u5b: '[',
  u5d: ']',
  u7b: '{',
  u7d: '}',
  u7e: '~',
  u3b: ';',
  u2b: '+',
  u22: '"',
};

/** C, C++ and Rust; the last of the table, so it takes whatever the others left. */
export const native: Runtime = {
  name: 'native',
  read(frame, { rustModules }) {
    if (noName.test(frame.name)) {
      return anatomy({
        category: 'unknown',
        language: '',
        name: frame.name === '' ? '[unknown]' : frame.name,
      });
    }
    const isRust = rustMarks.test(frame.name) || frame.file.endsWith('.rs') || rustModules.has(frame.module);
    const path = splitPath(simplify(frame.name) || frame.name);
    const name = path.join('::');
    const owner = path.length > 1 ? path.at(-2)! : '';
    const isType = /^[A-Z]/.test(owner);
    return anatomy({
      category: isRust && isStandardRust(frame, path) ? 'runtime' : categorize(frame, name),
      language: isRust ? 'rust' : 'c',
      name,
      package: path.slice(0, isType ? -2 : -1).join('::'),
      class: isType ? owner : '',
      function: path.at(-1)!,
      file: frame.file,
      line: frame.line,
    });
  },
};

/** Only Rust gives such a name: its module then holds Rust, whose other names look like those of C++. */
export function isCertainlyRust(name: string): boolean {
  return (
    rustMarks.test(name) || /^(?:std::rt::lang_start|core::ops::function::FnOnce::call_once)\b/.test(name)
  );
}

/** Inlined code of the standard library without its path: `concat`, `A::equal_same_length` of a type parameter. */
function isStandardRust({ kind, name }: RecordedFrame, path: readonly string[]): boolean {
  if (path.length > 1) return /^[A-Z]$/.test(path[0]!);
  return kind === FrameKind.Inlined && name !== 'main';
}

function categorize(frame: RecordedFrame, name: string): CodeCategory {
  const byPath = (frame.file === '' ? null : categorizeFile(frame.file)) ?? categorizeModule(frame.module);
  if (byPath !== null) return byPath;
  if (runtimeNames.test(name) || frame.name.endsWith('@plt')) return 'runtime';
  if (frame.module === '' && systemCalls.test(name)) return 'runtime';
  if (libraryNames.test(name)) return 'library';
  // Compiled at run time by something none of the runtimes knows.
  return frame.kind === FrameKind.Jit ? 'unknown' : 'own';
}

/** Compiler clones, hashes, signatures and template arguments taken off. */
function simplify(name: string): string {
  const decoded = demangle(name)
    .replace(/::h[0-9a-f]{16}$/, '')
    .replace(/\$(\w{1,3})\$/g, (whole, code: string) => rustEscapes[code] ?? whole)
    .replace(/(?<=\w)\.\.(?=\w)/g, '::')
    .replace(/(\.(constprop|isra|part|cold|llvm|lto_priv)(\.\d+)*)+$/, '')
    .replace(/@plt$/, '')
    .replace('(anonymous namespace)::', '');
  const implementation = /^_?<(.+?)(?: as .+)?>::(.+)$/.exec(decoded);
  return implementation === null
    ? decoded
    : `${implementation[1]!.replace(/^(?:&|mut |dyn )+/, '')}::${implementation[2]!}`;
}

/** `_ZN4acme4shop4Cart5totalEv` → `acme::shop::Cart::total`: names with their lengths; the rest are types. */
function demangle(name: string): string {
  const mangled = /^_ZN?[rVK]*(?=\d)/.exec(name);
  if (mangled === null) return name;
  const segments: string[] = [];
  let rest = name.slice(mangled[0].length);
  for (let length = /^\d+/.exec(rest); length !== null; length = /^\d+/.exec(rest)) {
    const end = length[0].length + Number(length[0]);
    segments.push(rest.slice(length[0].length, end));
    rest = name.startsWith('_ZN') ? rest.slice(end) : '';
  }
  return segments.join('::');
}

/** Path segments with everything in brackets dropped; closures count to the function around them. */
function splitPath(name: string): string[] {
  const operator = /(?:^|::)(operator\W+|operator (?:new|delete)(?:\[\])?)(?:\(.*)?$/.exec(name);
  const head = operator === null ? name : name.slice(0, operator.index);
  const segments = dropBracketed(head)
    .split('::')
    .map((segment) => segment.trim().replace(/^.*\s/, ''));
  if (operator !== null) segments.push(operator[1]!.trim());
  const kept = segments.filter((segment) => segment !== '' && !segment.startsWith('$_'));
  return kept.length === 0 ? [name] : kept;
}

function dropBracketed(text: string): string {
  let depth = 0;
  let kept = '';
  for (const letter of text) {
    if ('<({['.includes(letter)) depth++;
    else if ('>)}]'.includes(letter)) depth = Math.max(0, depth - 1);
    else if (depth === 0) kept += letter;
    // A parameter list ends the name; what follows are qualifiers.
    if (letter === ')' && depth === 0 && /\w$/.test(kept)) break;
  }
  return kept;
}
