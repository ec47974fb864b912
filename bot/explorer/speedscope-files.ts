import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** speedscope writes its styles into the page, so these must be allowed; scripts are of files of ours only. */
export const speedscopePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export type SpeedscopeFile = { body: Uint8Array; contentType: string };

let files: ReadonlyMap<string, SpeedscopeFile> | undefined;

/** A file of the npm package (MIT), compressed; undefined for a name that it has not. */
export function findSpeedscopeFile(name: string): SpeedscopeFile | undefined {
  files ??= readFiles();
  return files.get(name === '' ? 'index.html' : name);
}

function readFiles(): ReadonlyMap<string, SpeedscopeFile> {
  const manifest = createRequire(import.meta.url).resolve('speedscope/package.json');
  const folder = join(dirname(manifest), 'dist', 'release');
  return new Map(
    readdirSync(folder).flatMap((name) => {
      const contentType = contentTypes[extname(name)];
      if (contentType === undefined) return [];
      return [[name, { body: gzipSync(readFileSync(join(folder, name))), contentType }] as const];
    }),
  );
}
