import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CartItem, quoteCart } from './cart.ts';
import { loadCatalogue, type Product } from './catalogue.ts';
import { formatCents } from './money.ts';
import { loadPriceRules } from './price-rules.ts';
import { renderProductPage } from './product-page.ts';
import { findRelated } from './related.ts';
import { buildIndex, search } from './search.ts';

const catalogue = loadCatalogue();
const rules = loadPriceRules(catalogue.values());
const documents = Array.from(catalogue.values(), ({ sku, name, description }) => ({
  id: sku,
  text: `${name} ${description}`,
}));
const index = buildIndex(documents);
const largestBody = 64 * 1024;

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500).end();
  });
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop');
  if (pathname === '/healthz') return answer(response, 'text/plain', 'ok');
  if (pathname === '/search') return answerSearch(searchParams.get('q') ?? '', response);
  if (pathname.startsWith('/products/')) return answerProduct(pathname.slice('/products/'.length), response);
  if (pathname === '/cart/quote' && request.method === 'POST') return answerQuote(request, response);
  response.writeHead(404).end();
}

function answerSearch(query: string, response: ServerResponse): void {
  const hits = search(index, query, 20).map(({ id }) => catalogue.get(id));
  answer(response, 'application/json', JSON.stringify(hits));
}

function answerProduct(sku: string, response: ServerResponse): void {
  const product = catalogue.get(sku);
  if (product === undefined) {
    response.writeHead(404).end();
    return;
  }
  const related = findRelated(product, catalogue.values(), 6);
  answer(response, 'text/html; charset=utf-8', renderProductPage(show(product), related.map(show)));
}

async function answerQuote(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const items = parseItems(await readBody(request));
  if (items === null) {
    response.writeHead(400).end();
    return;
  }
  answer(response, 'application/json', JSON.stringify(quoteCart(items, catalogue, rules)));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > largestBody) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Null for anything but a list of products and whole quantities. */
function parseItems(text: string): CartItem[] | null {
  try {
    const items: unknown = JSON.parse(text);
    return Array.isArray(items) && items.every(isItem) ? items : null;
  } catch {
    return null;
  }
}

function isItem(item: unknown): item is CartItem {
  const { sku, quantity } = (item ?? {}) as Record<string, unknown>;
  return typeof sku === 'string' && Number.isInteger(quantity) && (quantity as number) > 0;
}

function show({ sku, name, description, priceCents }: Product) {
  return { sku, name, description, price: formatCents(priceCents) };
}

function answer(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address() as AddressInfo;
  console.log(`shop listens on http://${address}:${port}`);
});

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
