import { anatomy, type FrameAnatomy, type RecordedFrame, type Runtime } from './frame-anatomy.ts';
import { categorizeFile } from './paths.ts';

/** First segments of the standard library's packages, as of Go 1.26. */
const standardLibrary = new Set(
  `archive bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt
  go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort
  strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak type cmd`.split(
    /\s+/,
  ),
);
/** Names that no other language makes, so that one of them marks its module as Go. */
const certain =
  /^runtime\.(?:goexit|main|mcall|systemstack|mallocgc|schedule|findRunnable|rt0_go)\b|\.\(\*\w+(?:\[.*\])?\)\.|\.abi0$/;
const named = /^((?:[^/\s]+\/)*[^/.\s()]+)\.([^/\s]+)$/;

export const go: Runtime = {
  name: 'go',
  read(frame, { goModules }) {
    if (!isGo(frame, goModules)) return null;
    const symbol = dropTypeArguments(frame.name);
    const parts = named.exec(symbol);
    if (parts === null) {
      const name = symbol.replace(/\.abi(0|Internal)$/, '');
      return anatomy({
        category: categorizeFile(frame.file) ?? 'runtime',
        language: 'go',
        name,
        function: name,
      });
    }
    return readSymbol(parts[1]!.replaceAll('%2e', '.'), parts[2]!, frame);
  },
};

/** Only Go code gives such a name, whatever the module. */
export function isCertainlyGo(name: string): boolean {
  return certain.test(name);
}

function isGo({ name, module, file }: RecordedFrame, goModules: ReadonlySet<string>): boolean {
  if (name.startsWith('[')) return false;
  if (file.endsWith('.go')) return true;
  return module === '' ? isCertainlyGo(name) || (goModules.has('') && looksGo(name)) : goModules.has(module);
}

/** Without a module to go by: packages that cannot be a Java path, `main.` and the standard library. */
function looksGo(name: string): boolean {
  const path = named.exec(dropTypeArguments(name))?.[1];
  if (path === undefined) return false;
  const first = path.split('/')[0]!;
  return path === 'main' || standardLibrary.has(first) || (first.includes('.') && path.includes('/'));
}

function readSymbol(packagePath: string, symbol: string, { file, line }: RecordedFrame): FrameAnatomy {
  const plain = symbol.replace(/\.abi(0|Internal)$/, '').replace(/-fm$/, '');
  const enclosing = plain
    .replace(/(?:\.func\d+|\.gowrap\d+|\.deferwrap\d+|-range\d+|\.\d+)+$/, '')
    .replace(/^glob\.$/, '');
  const method = /^\(?\*?(\w+)\)?\.(\w+)/.exec(enclosing);
  const typeName = method?.[1] ?? '';
  const functionName = method?.[2] ?? enclosing;
  const lastSegment = packagePath.slice(packagePath.lastIndexOf('/') + 1);
  const shown = plain.replace(/^\(\*(\w+)\)/, '$1');
  return anatomy({
    category: categorizeFile(file) ?? categorizePackage(packagePath),
    language: 'go',
    name: lastSegment === 'main' ? shown : `${lastSegment}.${shown}`,
    package: packagePath,
    class: typeName,
    function: functionName,
    file,
    line,
  });
}

/** A domain in the first segment means a module from elsewhere; which of them is one's own the configuration says. */
function categorizePackage(packagePath: string): FrameAnatomy['category'] {
  const first = packagePath.split('/')[0]!;
  if (packagePath !== 'main' && standardLibrary.has(first)) return 'runtime';
  return first.includes('.') ? 'library' : 'own';
}

/** `Sum[go.shape.int_0]` → `Sum`; brackets nest and may hold slashes. */
function dropTypeArguments(name: string): string {
  if (!name.includes('[')) return name;
  let depth = 0;
  let kept = '';
  for (const letter of name) {
    if (letter === '[') depth++;
    if (depth === 0) kept += letter;
    if (letter === ']') depth--;
  }
  return kept;
}
