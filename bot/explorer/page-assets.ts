import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

export type Asset = { body: Uint8Array; contentType: string; etag: string };

const root = join(import.meta.dirname, '..', '..');

/** What the page is made of. The renderers are those that draw the pictures in the thread. */
const folders = ['bot/explorer/page', 'renderers'];
const files = ['bot/playground/page/dom.ts'];

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * The files of the page by their path in the repository, so that their imports of each other hold in the
 * browser too. Types come off here; there is no build. All are compressed once.
 */
export function readPageAssets(): { assets: ReadonlyMap<string, Asset>; html: string } {
  const paths = [...folders.flatMap(listFolder), ...files];
  const assets = new Map<string, Asset>();
  const imports = new Map<string, readonly string[]>();
  for (const path of paths) {
    const contentType = contentTypes[extname(path)];
    if (contentType === undefined) continue;
    const source = readFileSync(join(root, path), 'utf8');
    const content = extname(path) === '.ts' ? stripTypes(source) : source;
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
    assets.set(path, { body: gzipSync(content, { level: 9 }), contentType, etag });
    if (extname(path) === '.ts') imports.set(path, listImports(path, content));
  }
  return {
    assets,
    html: withPreloads(readFileSync(join(root, 'bot/explorer/page/index.html'), 'utf8'), imports),
  };
}

/** Without the warning that this is experimental in Node, which says nothing to whoever opens the page. */
function stripTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function listFolder(folder: string): string[] {
  return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
}

/** Paths of the modules that a module imports; types are gone already. */
function listImports(path: string, content: string): string[] {
  return [...content.matchAll(/^\s*(?:import|export)\b[^;']*?from '(\.[^']+)';/gms)].map((found) =>
    relative(root, join(root, path, '..', found[1]!)),
  );
}

/** All modules are named in the page: the browser fetches them at once, and not one level after the other. */
function withPreloads(html: string, imports: ReadonlyMap<string, readonly string[]>): string {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const imported of imports.get(path) ?? []) visit(imported);
  };
  visit('bot/explorer/page/main.ts');
  const links = [...reached].map((path) => `<link rel="modulepreload" href="../assets/${path}">`);
  return html.replace('<!-- modules -->', links.join('\n    '));
}
