import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { showOutsideName } from '../outside-name.ts';
import { archiveTooLarge } from './cannot-fetch.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { ApiRefusal, explainRefusal, missingRight } from './kubernetes-errors.ts';
import { type RecordedFile, type RecordOrder, WayImpossible } from './record-order.ts';

/** Beyond the recording itself. */
const silenceMs = 20_000;

/**
 * Asks the app itself for a profile (net/http/pprof, or another address that gives a format we read), through the
 * API server's pod proxy.
 *
 * @throws WayImpossible when it gives none; AvalancheError CLUSTER_UNREACHABLE, ARCHIVE_TOO_LARGE
 */
export async function recordByEndpoint(
  client: KubernetesClient,
  { namespace, pod }: { namespace: string; pod: string },
  { recordMs, config, limits, file, signal }: RecordOrder,
): Promise<RecordedFile> {
  const { port, path: template } = config.endpoint!;
  const path = template.replaceAll('$seconds', String(Math.max(1, Math.round(recordMs / 1000))));
  const shown = `port ${port}, ${path}`;
  try {
    const proxy = `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`;
    const answer = await client.stream(proxy, { signal, silenceMs: recordMs + silenceMs });
    let bytes = 0;
    await pipeline(
      answer,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > limits.archiveBytes)
            throw archiveTooLarge(path, `more than ${limits.archiveBytes} bytes`, limits);
          yield chunk;
        }
      },
      createWriteStream(file, { flags: 'wx', mode: 0o600 }),
      { signal },
    );
    if (bytes === 0) throw new WayImpossible(`the app's ${shown} answers with nothing`);
    return { memberName: 'profile', facts: null, how: `the app's own profiler (${shown})`, remarks: [] };
  } catch (error) {
    await rm(file, { force: true });
    signal.throwIfAborted();
    throw explain(error, { shown, cluster: client.name, namespace, pod });
  }
}

function explain(
  error: unknown,
  { shown, cluster, namespace, pod }: { shown: string; cluster: string; namespace: string; pod: string },
): unknown {
  if (error instanceof WayImpossible) return error;
  const right = { verbs: ['get'], resource: 'pods/proxy', namespace };
  if (!(error instanceof ApiRefusal))
    return explainRefusal(error, { action: `ask the pod "${pod}"`, cluster, right });
  if (error.status === 403 && /pods\/proxy/.test(error.message))
    return new WayImpossible(missingRight(right));
  return new WayImpossible(
    `the app's ${shown} answers ${error.status}: "${showOutsideName(error.message.trim())}"`,
  );
}
