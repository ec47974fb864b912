import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openTracing, traceRequest, traceStep } from '../../storage/tracing.ts';

const log = pino({ level: 'silent' });

test('without an endpoint work is done as if there were no traces', async () => {
  for (const environment of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }]) {
    const close = await openTracing(environment, log);
    const traced = traceRequest('r1', { name: 'job', isRoot: true }, () =>
      traceStep({ name: 'step' }, async () => trace.getActiveSpan()?.isRecording() ?? false),
    );
    expect(await traced).toBe(false);
    await expect(traceStep({ name: 'step' }, () => Promise.reject(new RangeError('no')))).rejects.toThrow(
      'no',
    );
    await close();
  }
});

test('a collector that takes everything and says nothing does not keep a process from ending', async () => {
  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const close = await openTracing(process.env, log);
  expect(await traceRequest('r2', { name: 'command', isRoot: true }, async () => 'answered')).toBe(
    'answered',
  );
  const startedAt = performance.now();
  await close();
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  silent.close();
});
