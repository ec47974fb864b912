// A process that adds jobs to the embedded engine and does them until it is killed: run by embedded-kills.long.test.ts.
import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../storage/database/open-store.ts';
import type { RequestId } from '../../storage/database/store.ts';
import { openEmbedded } from '../../storage/embedded.ts';
import { openQueue } from '../../storage/open-queue.ts';

const [folder = ''] = process.argv.slice(2);
const say = (word: string, id = '') => process.stdout.write(`${word} ${id}\n`);
const embedded = await openEmbedded(folder);
const store = await openStore(`embedded:${folder}`, embedded);
const queue = await openQueue(`embedded:${folder}`, embedded, { lockMs: 2_000 });
say('open');
await queue.work('kept', { concurrency: 2 }, async ({ id }) => {
  say('begun', id);
  const requestId = id.slice('kept-'.length) as RequestId;
  await store.writeMessage({ requestId, key: 'summary', kind: 'progress', content: 'begun' });
  await delay(10);
  await store.writeMessage({ requestId, key: 'summary', kind: 'result', content: 'done' });
  say('done', id);
});
for (;;) {
  const id = randomUUIDv7() as RequestId;
  await store.addRequest({
    id,
    deduplicationKey: id,
    source: 'mention',
    command: 'kept',
    arguments: null,
    text: '',
    teamId: 'T1',
    channelId: 'C1',
    threadTs: null,
    userId: 'U1',
  });
  await queue.add({ name: 'kept', id: `kept-${id}`, payload: null, attempts: 3 });
  say('accepted', `kept-${id}`);
  await delay(30);
}
