import type { App, Receiver, ReceiverEvent } from '@slack/bolt';

/**
 * Has events acknowledged after their listeners, where Bolt does so before. A process that dies in between has then
 * acknowledged nothing, and Slack tells another one. What was recorded twice by that is one request, by its key.
 * Commands and buttons acknowledge themselves, and are left alone.
 *
 * @param untaken bodies of events that could not be taken: Slack is to send them again
 */
export function acknowledgeLate(receiver: Receiver, untaken: WeakSet<object>): Receiver {
  return {
    init: (app) => receiver.init(withLateAck(app, untaken)),
    start: (...given) => receiver.start(...given),
    stop: (...given) => receiver.stop(...given),
  };
}

function withLateAck(app: App, untaken: WeakSet<object>): App {
  return Object.assign(Object.create(app) as App, {
    async processEvent(event: ReceiverEvent) {
      if (event.body.type !== 'event_callback') return app.processEvent(event);
      await app.processEvent({ ...event, ack: async () => {} });
      if (!untaken.has(event.body)) await event.ack();
    },
  });
}
