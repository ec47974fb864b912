import { log } from '../lib/log.mjs';
import { showAccount } from './account.mjs';
import { showProduct } from './product.mjs';
import { showResults } from './search.mjs';

const routes = { '/product': showProduct, '/search': showResults, '/account': showAccount };

export function createRouter(shop) {
  return async function handle(request) {
    const session = shop.sessions.open(request.cookies);
    const show = routes[request.path];
    if (show === undefined) return notFound(request);
    const page = await show(shop, request, session);
    log('info', 'Answered', { path: request.path, letters: page.length });
    return page;
  };
}

function notFound(request) {
  log('warn', 'Not found', { path: request.path });
  return 'Not found';
}
