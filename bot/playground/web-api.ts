import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { MethodFault, PendingFaults } from './faults.ts';
import { sendJson } from './http.ts';
import { chatMethods } from './methods/chat.ts';
import { fileMethods } from './methods/files.ts';
import type { Method } from './methods/method.ts';
import { workspaceMethods } from './methods/workspace.ts';
import { SlackRefusal } from './slack-refusal.ts';
import { readWebApiArguments, type WebApiArguments } from './web-api-arguments.ts';
import type { Bot, World } from './world.ts';

const methods: Record<string, Method> = { ...workspaceMethods, ...chatMethods, ...fileMethods };

/** Slack's Web API: status 200 whatever happens, `ok` says how it went. Only 429 and 5xx are told by status. */
export function createWebApi(world: World, faults: PendingFaults) {
  return async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const name = url.pathname.slice('/api/'.length);
    const fault = faults.takeForMethod(name);
    if (fault !== undefined && failBefore(response, fault)) return;
    if (fault?.kind === 'slow') await delay(fault.delayMs);
    const headers: Record<string, string> = { 'x-oauth-scopes': world.bot.scopes.join(',') };
    const scope = methods[name]?.scope;
    if (scope) headers['x-accepted-oauth-scopes'] = scope;
    const body = await call(world, name, request, url, fault);
    if (fault?.kind === 'timeout-after-accept') return; // the caller gives up first
    sendJson(response, body, 200, headers);
  };
}

/** @returns true when the answer is sent and nothing may be done */
function failBefore(response: ServerResponse, fault: MethodFault): boolean {
  if (fault.kind === 'rate-limit') {
    const headers: Record<string, string> =
      fault.retryAfterSeconds === null ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
    sendJson(response, { ok: false, error: 'ratelimited' }, 429, headers);
    return true;
  }
  if (fault.kind === 'server-error') {
    response.writeHead(fault.status ?? 500, { 'content-type': 'text/html' }).end('<h1>Server Error</h1>');
    return true;
  }
  return false;
}

async function call(
  world: World,
  name: string,
  request: IncomingMessage,
  url: URL,
  fault?: MethodFault,
): Promise<unknown> {
  try {
    const values = await readWebApiArguments(request, url);
    const method = methods[name];
    if (method === undefined) throw new SlackRefusal('unknown_method', { req_method: name });
    authorise(world.bot, method, findToken(request, values));
    if (fault?.kind === 'refusal') throw new SlackRefusal(fault.error);
    return { ok: true, ...method.call(values, world) };
  } catch (error) {
    if (error instanceof SlackRefusal) return { ok: false, error: error.error, ...error.details };
    throw error;
  }
}

function findToken(request: IncomingMessage, values: WebApiArguments): string {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return bearer ?? values.text('token');
}

function authorise(bot: Bot, method: Method, token: string): void {
  if (token === '') throw new SlackRefusal('not_authed');
  if (token !== bot.token && token !== bot.appToken) throw new SlackRefusal('invalid_auth');
  const wanted = method.token === 'app' ? bot.appToken : bot.token;
  if (token !== wanted) throw new SlackRefusal('not_allowed_token_type');
  requireScope(bot, method.scope);
}

function requireScope({ scopes }: Bot, scope: string | null): void {
  if (scope === null || scopes.includes(scope)) return;
  throw new SlackRefusal('missing_scope', { needed: scope, provided: scopes.join(',') });
}
