import { Catalogue } from './catalogue.mjs';
import { SearchIndex } from './search-index.mjs';
import { PriceList } from './price-list.mjs';
import { Sessions } from './sessions.mjs';

export function openShop(count) {
  const products = Array.from({ length: count }, (_, id) => makeProduct(id));
  return {
    catalogue: new Catalogue(products),
    index: new SearchIndex(products),
    prices: new PriceList(),
    sessions: new Sessions(),
  };
}

const colours = ['blue', 'red', 'green', 'black', 'white'];
const materials = ['oak', 'steel', 'wool', 'glass'];
const things = ['lamp', 'chair', 'table', 'cup', 'blanket', 'frame'];

function makeProduct(id) {
  const name = `${colours[id % 5]} ${materials[id % 4]} ${things[id % 6]}`;
  return { id, name, description: describe(name, id), cents: 500 + ((id * 97) % 20000), related: [(id + 7) % 1200, (id * 3) % 1200, (id + 411) % 1200, (id * 5) % 1200] };
}

function describe(name, id) {
  return `A ${name} for every room, made by hand in workshop ${id % 40}. `.repeat(3);
}
