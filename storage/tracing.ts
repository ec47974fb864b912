import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attributes,
  context,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { Logger } from 'pino';
import { AvalancheError } from './errors.ts';
import { redactSecrets } from './secrets.ts';

/**
 * OpenTelemetry traces, one a request: the id of the trace is the request's, and its first span has an id that follows
 * from it. So whoever works for the request, in whatever process, knows the trace and its root, and nothing has to
 * travel through the queue. Off, all of this costs a function call.
 *
 *     command ──┬── job snapshot            workers
 *     (root)    ├── job capture (per pod)
 *               ├── job report
 *               └── deliver summary ── slack chat.postMessage    any bot
 */

/** Words of ours and names of things; never text that came from outside in length. */
type SpanFacts = { name: string; attributes?: Attributes; isRoot?: boolean };

/** What the next root is called; set and taken in one breath, when a span is begun. */
let nextRoot: SpanContext | null = null;
const longestText = 200;
const flushMs = 5_000;

/**
 * Begins to send traces, where OTEL_EXPORTER_OTLP_ENDPOINT says whereto (OTLP over HTTP, JSON). The other variables of
 * OpenTelemetry's exporter and resource hold too: OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME … Every command is
 * traced: they are few.
 *
 * @returns what sends the rest and ends it; nothing is loaded and nothing sent without an endpoint
 */
export async function openTracing(environment: NodeJS.ProcessEnv, log: Logger): Promise<() => Promise<void>> {
  if (!environment.OTEL_EXPORTER_OTLP_ENDPOINT?.trim()) return async () => {};
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, resources] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/resources'),
  ]);
  const random = new sdk.RandomIdGenerator();
  const provider = new sdk.TracerProvider({
    // The environment's own name and attributes go before ours.
    resource: resources
      .resourceFromAttributes({ 'service.name': 'avalanche' })
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    idGenerator: {
      generateTraceId: () => nextRoot?.traceId ?? random.generateTraceId(),
      generateSpanId: () => nextRoot?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  log.info('Traces are sent');
  return async () => {
    const sent = provider.shutdown().then(() => true);
    const inTime = await Promise.race([sent, delay(flushMs, false, { ref: false })]).catch(() => false);
    if (!inTime) log.warn('Last traces could not be sent');
    trace.disable();
    context.disable();
  };
}

/** Does a piece of work for a request as a span of its trace: below the root, or as the root itself. */
export function traceRequest<Result>(
  requestId: string,
  facts: SpanFacts,
  work: () => Promise<Result>,
): Promise<Result> {
  const root = rootOf(requestId);
  const parent = facts.isRoot === true ? context.active() : trace.setSpanContext(context.active(), root);
  nextRoot = facts.isRoot === true ? root : null;
  const attributes = { ...facts.attributes, 'avalanche.request_id': requestId };
  const span = tracer().startSpan(
    facts.name,
    { root: facts.isRoot === true, attributes: clean(attributes) },
    parent,
  );
  nextRoot = null;
  return during(span, trace.setSpan(parent, span), work);
}

/** A step of what is being traced; where nothing is, the work alone. */
export function traceStep<Result>(facts: SpanFacts, work: () => Promise<Result>): Promise<Result> {
  if (trace.getActiveSpan() === undefined) return work();
  const span = tracer().startSpan(facts.name, { attributes: clean(facts.attributes ?? {}) });
  return during(span, trace.setSpan(context.active(), span), work);
}

/** A fact that is known only later; for the span that is running now. */
export function noteOutcome(outcome: string): void {
  trace.getActiveSpan()?.setAttribute('avalanche.outcome', outcome);
}

const tracer = () => trace.getTracer('avalanche');

async function during<Result>(
  span: ReturnType<ReturnType<typeof tracer>['startSpan']>,
  inside: ReturnType<typeof context.active>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await context.with(inside, work);
  } catch (error) {
    // The code says enough; messages of others may hold anything.
    const message = error instanceof AvalancheError ? error.code : 'INTERNAL';
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    throw error;
  } finally {
    span.end();
  }
}

/** A request's id is a UUID, which has the length of a trace's. */
function rootOf(requestId: string): SpanContext {
  const hash = createHash('sha256').update(requestId).digest('hex');
  const hex = requestId.replaceAll('-', '').toLowerCase();
  const traceId = /^[0-9a-f]{32}$/.test(hex) ? hex : hash.slice(16, 48);
  return { traceId, spanId: hash.slice(0, 16), traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

function clean(attributes: Attributes): Attributes {
  const texts = Object.entries(attributes).map(([name, value]) => [
    name,
    typeof value === 'string' ? redactSecrets(value).slice(0, longestText) : value,
  ]);
  return Object.fromEntries(texts);
}
