import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FileStore } from './file-store.ts';
import { BodyTooLarge, readBody, send } from './http.ts';

/** Room for the envelope of a multipart body around the announced bytes. */
const multipartOverhead = 16 * 1024;

/** POST to an upload address: the raw bytes, or a form with one file in it, as the SDK sends it. */
export async function receiveUpload(
  files: FileStore,
  ticket: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const expectedLength = files.findExpectedLength(ticket);
  const bytes = expectedLength === undefined ? undefined : await readUpload(request, expectedLength);
  if (bytes === undefined || !files.receive(ticket, bytes)) {
    send(response, 'upload refused: unknown address, or another length than announced', 'text/plain', 400);
    return;
  }
  send(response, `OK - ${bytes.byteLength}`, 'text/plain');
}

async function readUpload(request: IncomingMessage, expectedLength: number): Promise<Uint8Array | undefined> {
  try {
    const body = await readBody(request, expectedLength + multipartOverhead);
    const contentType = request.headers['content-type'] ?? '';
    if (!contentType.startsWith('multipart/form-data')) return body;
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData();
    const file = [...form.values()].find((value) => typeof value !== 'string');
    return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (error instanceof BodyTooLarge || error instanceof TypeError) return undefined; // TypeError: not a form after all
    throw error;
  }
}

/** What anybody uploaded is shown as a picture or handed over as a download, and never gets to run. */
export function serveFile(files: FileStore, id: string, response: ServerResponse): void {
  const file = files.find(id);
  const bytes = files.findBytes(id);
  if (file?.state !== 'ready' || bytes === undefined) {
    send(response, 'no such file, or not ready yet', 'text/plain', 404);
    return;
  }
  const isPicture = /^image\/(png|jpeg|gif)$/.test(file.mimetype);
  send(response, bytes, file.mimetype, 200, {
    'content-security-policy': "default-src 'none'; sandbox",
    'content-disposition': `${isPicture ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeFileName(file.name)}`,
  });
}

/** RFC 5987: encodeURIComponent leaves four characters that a header value may not have. */
const encodeFileName = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
