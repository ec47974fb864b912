import { FrameKind } from '../../../storage/profile/profile.ts';
import {
  anatomy,
  type FrameAnatomy,
  type RecordedFrame,
  type Runtime,
  type Surroundings,
} from './frame-anatomy.ts';
import { baseName, categorizeFile, plainPath } from './paths.ts';

/**
 * V8's names in a perf map. The tier stands before the name and differs between versions:
 *
 *     LazyCompile:*f /app/a.js:12        Node 16-18: ~ interpreter, ^ baseline, * optimised
 *     JS:*f file:///app/a.mjs:12:3       Node 20
 *     JS:+'f …   JS:o*f …                Node 24 adds + (mid tier) and ', Node 26 o (replaced on the stack)
 */
const script =
  /^(?:JS|LazyCompile|InterpretedFunction|Function|Script|Eval|Module):(?:o?[~^+*]'?)?(.*?):(\d+)(?::\d+)?$/s;
const scriptPath = / ?((?:file:\/\/|node:|native |evalmachine\.|[A-Za-z]:[\\/]|\/).*|[^ /]*)$/s;
const internals =
  /^(?:Builtins?[_:]|Stub:|RegExp[:.]|BytecodeHandler:|Handler:|(?:Keyed)?(?:Load|Store|Call)\w*IC:|v8::|node::|uv_|\(program\)|\(garbage collector\)|\(idle\)|\(root\))/;
const sourceFile = /\.(?:[cm]?[jt]sx?|vue|svelte)$/;

export const node: Runtime = {
  name: 'node',
  read(frame, surroundings) {
    const named = script.exec(frame.name);
    if (named !== null) return readPerfMapName(named[1]!, Number(named[2]));
    if (internals.test(frame.name)) {
      return anatomy({
        category: 'runtime',
        language: 'javascript',
        name: frame.name.replace(/^Builtins_/, ''),
      });
    }
    return isScript(frame, surroundings) ? readScript(frame.name, frame.file, frame.line) : null;
  },
};

function readPerfMapName(nameAndPath: string, line: number): FrameAnatomy {
  const path = scriptPath.exec(nameAndPath);
  const name = path === null ? nameAndPath : nameAndPath.slice(0, path.index);
  return readScript(name, path?.[1] ?? '', line);
}

function isScript({ kind, file }: RecordedFrame, { format }: Surroundings): boolean {
  if (format === 'cpuprofile') return true;
  return kind === FrameKind.Script && (sourceFile.test(file) || file.startsWith('node:'));
}

function readScript(recordedName: string, recordedFile: string, line: number): FrameAnatomy {
  const file = plainPath(recordedFile);
  const isAnonymous = recordedName === '' || recordedName.startsWith('(anonymous');
  const owner = /^(.*)\.([^.]+)$/s.exec(recordedName);
  const method = (owner?.[2] ?? recordedName).replace(/^(?:async |get |set |static )+/, '');
  return anatomy({
    category: categorizeScript(file),
    language: 'javascript',
    name: isAnonymous ? `(anonymous ${baseName(file)}:${line})` : recordedName,
    class: isAnonymous ? '' : (owner?.[1] ?? '').replace(/^(?:async |get |set |static )+/, ''),
    function: isAnonymous || method.startsWith('<') ? '' : method,
    file,
    line,
  });
}

/** Internals of old versions are bare file names (`net.js`); code without any file is V8's own. */
function categorizeScript(file: string): FrameAnatomy['category'] {
  if (file.startsWith('evalmachine.') || file.startsWith('[eval')) return 'unknown';
  if (!file.includes('/') && !file.includes('\\')) return 'runtime';
  return categorizeFile(file) ?? 'own';
}
