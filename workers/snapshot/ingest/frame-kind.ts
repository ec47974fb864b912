import { FrameKind } from '../../../storage/profile/profile.ts';

const jitModule = /(?:^|\/)perf-\d+\.map$|(?:^|\/)jitted-[^/]*\.so$|^\[JIT/;
/** `[kernel.kallsyms]`, `[nf_conntrack]`, `/lib/modules/…/vmlinux`, `/boot/vmlinux-6.1.0`, `bpf_prog_2b95…`. */
const kernelModule = /^\[|(?:^|\/)vmlinux[^/]*$|^bpf_prog_|\/lib\/modules\/.*\.ko(?:\.\w+)?$/;
/** In brackets, and yet of the process: shared pages and memory that belongs to no file. */
const userModule = /^\[(?:vdso|vsyscall|vvar|heap|stack|anon|uprobes)/;

/** What the frames of a module are, as far as they have names. */
export function findModuleKind(module: string): FrameKind {
  if (module === 'inlined') return FrameKind.Inlined;
  if (module === '[unknown]') return FrameKind.Unknown;
  if (jitModule.test(module)) return FrameKind.Jit;
  if (kernelModule.test(module) && !userModule.test(module)) return FrameKind.Kernel;
  return FrameKind.Native;
}

/** What a frame in such a module is: Unknown when nobody can name it. */
export function findSymbolKind(symbol: string, moduleKind: FrameKind): FrameKind {
  const isUnnamed = symbol === '' || symbol === '[unknown]';
  return isUnnamed && moduleKind !== FrameKind.Inlined ? FrameKind.Unknown : moduleKind;
}

/** What a frame of perf script text is, told by its module; Unknown for a frame that nobody can name. */
export function findFrameKind(symbol: string, module: string): FrameKind {
  return findSymbolKind(symbol, findModuleKind(module));
}
