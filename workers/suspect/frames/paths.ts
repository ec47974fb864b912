import type { CodeCategory } from '../../../renderers/code-category.ts';

const libraryFolders =
  /(^|\/)(node_modules|bower_components|site-packages|dist-packages|vendor|third_party|\.m2|\.gradle|gems)\/|\/pkg\/mod\/|\.cargo\/(registry|git)\//;

const runtimeFolders =
  /^node:|^internal\/|^<frozen|(^|\/)lib(64)?\/python\d|\/usr\/(local\/)?(lib\/)?go(-[\d.]+)?\/src\/|^\/rustc\/|\/rustlib\/|\/lib\/(jvm|modules)\//;

/** Interpreters, virtual machines and the C library: their time is that of whoever calls them. */
const runtimeModules =
  /^(node|nodejs|bun|deno|java|python[\d.]*|ruby[\d.]*|php[\d.]*|php-fpm[\d.]*|dotnet|beam\.smp)$|^(libjvm|libjava|libnio|libnet|libzip|libverify|libjimage|libnode|libpython|libruby|libphp|libcoreclr|libclrjit|libSystem|libc|libm|libpthread|libdl|librt|libgcc_s|libstdc\+\+|libc\+\+|libc\+\+abi|ld|ld-linux.*|ld-musl.*|musl)([-_.\d].*)?\.so([.\d]*)$|^ld-(linux|musl).*|^\[(vdso|vsyscall)\]$/;

/** Whose code lies at a source path; null when the path does not tell. */
export function categorizeFile(path: string): CodeCategory | null {
  if (libraryFolders.test(path)) return 'library';
  if (runtimeFolders.test(path)) return 'runtime';
  return null;
}

/** Whose code a loaded module (executable, shared object) is; null when its path does not tell. */
export function categorizeModule(module: string): CodeCategory | null {
  const path = module.replace(/ \(deleted\)$/, '');
  const base = baseName(path);
  if (libraryFolders.test(path)) return 'library';
  if (runtimeModules.test(base) || /\/lib-dynload\/|\/lib\/jvm\//.test(path)) return 'runtime';
  if (/^\/(usr\/)?(lib|lib64|libexec|share)\//.test(path)) return 'library';
  if (/^\/usr\/local\/lib/.test(path) && /\.so[.\d]*$/.test(base)) return 'library';
  // Programs of the distribution; those of one's own live in /usr/local/bin, /app, /srv, /opt.
  if (/^\/(usr\/)?s?bin\//.test(path)) return 'library';
  return null;
}

export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** A path without `file://` and its percent escapes. */
export function plainPath(file: string): string {
  if (!file.startsWith('file://')) return file;
  const path = file.slice('file://'.length);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
