/**
 * The load of an ordinary afternoon: `node load.ts http://127.0.0.1:8080`. Always the same requests in
 * the same order. Ends when its input does, or when the shop is gone.
 */
import { Agent, request } from 'node:http';

const requestsPerSecond = 150;
const largestInFlight = 16;
const patienceMs = 5_000;
const words = [
  'oak',
  'table',
  'navy',
  'lamp',
  'wool',
  'rug',
  'pan',
  'steel',
  'sand',
  'chair',
  'glass',
  'moss',
];

const address = process.argv[2] ?? 'http://127.0.0.1:8080';
const agent = new Agent({ keepAlive: true, maxSockets: largestInFlight });
let seed = 20_260_401;
let inFlight = 0;
let lastAnswer = Date.now();

/** Park and Miller's generator: whole numbers below `limit`. */
function next(limit: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % limit;
}

function sku(): string {
  return `P-${String(next(6_400)).padStart(5, '0')}`;
}

function send(method: string, path: string, body: string): void {
  inFlight += 1;
  const sent = request(new URL(path, address), { method, agent }, (response) => {
    lastAnswer = Date.now();
    response.resume().once('close', () => {
      inFlight -= 1;
    });
  });
  sent.once('error', () => {
    inFlight -= 1;
  });
  sent.end(body);
}

function sendNext(): void {
  if (Date.now() - lastAnswer > patienceMs) process.exit(0);
  if (inFlight >= largestInFlight) return;
  const kind = next(100);
  if (kind < 40) send('POST', '/cart/quote', cart());
  else if (kind < 80) send('GET', `/search?q=${words[next(words.length)]}+${words[next(words.length)]}`, '');
  else send('GET', `/products/${sku()}`, '');
}

function cart(): string {
  const items = Array.from({ length: 3 + next(6) }, () => ({ sku: sku(), quantity: 1 + next(4) }));
  return JSON.stringify(items);
}

setInterval(sendNext, 1000 / requestsPerSecond);
process.stdin.resume().once('end', () => process.exit(0));
