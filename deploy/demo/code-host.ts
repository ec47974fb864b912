import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Above the playground's own paths: `/code/<revision>/<path>#L12`. */
export const codeHostPrefix = '/code/';
const address = /^\/code\/(?<revision>[0-9a-f]{40})\/(?<path>[A-Za-z0-9._/-]+)$/;
const maximumFileBytes = 1024 * 1024;

const style = `
  :root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
  body { margin: 0; }
  h1 { font-size: 1rem; margin: 0; padding: .75rem 1rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
  h1 small { font-weight: normal; opacity: .7; }
  ol { margin: 0; padding: .5rem 0; list-style: none; font: 13px/1.5 ui-monospace, monospace; overflow-x: auto; }
  li { white-space: pre; padding-right: 1rem; }
  li a { display: inline-block; width: 4rem; padding-right: 1rem; text-align: right; opacity: .6; color: inherit; text-decoration: none; }
  li:target { background: color-mix(in srgb, orange 30%, transparent); }`;

/** Shows files of a repository at a revision, so that the links in the thread lead somewhere without a code host. */
export function createCodeHost(repository: string) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const { revision, path } = address.exec(pathname)?.groups ?? {};
    const source =
      revision === undefined || path === undefined ? null : await showFile(repository, revision, path);
    response.writeHead(source === null ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    });
    response.end(
      toPage(path ?? 'No such file', revision ?? '', source ?? 'There is no such file at this revision.'),
    );
  };
}

async function showFile(repository: string, revision: string, path: string): Promise<string | null> {
  const options = { cwd: repository, maxBuffer: maximumFileBytes };
  return await run('git', ['show', `${revision}:${path}`, '--'], options).then(
    ({ stdout }) => stdout,
    () => null,
  );
}

function toPage(path: string, revision: string, source: string): string {
  const lines = source.split('\n').map((line, index) => {
    const number = index + 1;
    return `<li id="L${number}"><a href="#L${number}">${number}</a>${escapeHtml(line)}</li>`;
  });
  const title = `${escapeHtml(path)} <small>at ${escapeHtml(revision.slice(0, 10))}</small>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(path)}</title><style>${style}</style><h1>${title}</h1><ol>${lines.join('')}</ol></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
