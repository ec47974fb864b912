import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('Cannot tell the port');
  return address.port;
}

/** A line to a server that can be cut and mended: what a restart of the server looks like from here. */
export async function startRelay(serverPort: number) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const relay = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    keep(near);
    keep(far);
    near.pipe(far);
    far.pipe(near);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const port = portOf(relay);
  return {
    port,
    async cut() {
      const closed = once(relay, 'close');
      relay.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
    async mend() {
      relay.listen(port, '127.0.0.1');
      await once(relay, 'listening');
    },
  };
}
