import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, readBody } from './http.ts';
import { refuseWithMessages, SlackRefusal } from './slack-refusal.ts';

const bodyLimit = 1024 ** 2;

/** The arguments of one call: from the address, then from a form or JSON body. In a form, lists and objects are JSON text. */
export class WebApiArguments {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Empty when it is absent. */
  text(name: string): string {
    const value = this.#values.get(name) ?? '';
    if (typeof value === 'object') throw wrongType(name, 'string');
    return String(value);
  }

  neededText(name: string): string {
    const value = this.text(name);
    if (value === '')
      throw refuseWithMessages('invalid_arguments', [`[ERROR] missing required field: ${name}`]);
    return value;
  }

  /** A list or an object; undefined when it is absent or empty. */
  structure(name: string, error: string): unknown {
    const value = this.#values.get(name);
    if (value === undefined || value === '' || value === null) return undefined;
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      throw new SlackRefusal(error);
    }
  }

  /** An argument that Slack knows and the playground does not: refusing beats ignoring it. */
  refuseUnsupported(names: readonly string[]): void {
    const found = names.filter((name) => this.has(name));
    if (found.length === 0) return;
    throw refuseWithMessages(
      'invalid_arguments',
      found.map((name) => `[ERROR] the playground does not support the argument: ${name}`),
    );
  }
}

const wrongType = (name: string, wanted: string) =>
  refuseWithMessages('invalid_arguments', [`[ERROR] must be a ${wanted} [json-pointer:/${name}]`]);

export async function readWebApiArguments(request: IncomingMessage, url: URL): Promise<WebApiArguments> {
  const values = new Map<string, unknown>(url.searchParams);
  for (const [name, value] of await readBodyArguments(request)) values.set(name, value);
  return new WebApiArguments(values);
}

async function readBodyArguments(request: IncomingMessage): Promise<Iterable<[string, unknown]>> {
  if (request.method !== 'POST') return [];
  const body = await readLimited(request);
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return parseJson(body);
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(body);
  if (body === '') return [];
  throw new SlackRefusal(type === '' ? 'missing_post_type' : 'invalid_post_type');
}

async function readLimited(request: IncomingMessage): Promise<string> {
  try {
    return (await readBody(request, bodyLimit)).toString('utf8');
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new SlackRefusal('invalid_form_data');
    throw error;
  }
}

function parseJson(body: string): [string, unknown][] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new SlackRefusal('invalid_json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SlackRefusal('json_not_object');
  return Object.entries(value);
}
