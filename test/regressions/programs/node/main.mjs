import { createRouter } from './routes/router.mjs';
import { openShop } from './lib/shop.mjs';
import { makeRequest } from './lib/traffic.mjs';

const options = { cpuSeconds: 5, products: 1200, searches: 4, ...readOptions(process.argv.slice(2)) };
const shop = openShop(options.products);
const handle = createRouter(shop);

let number = 0;
let letters = 0;
while (usedSeconds() < options.cpuSeconds) {
  for (let one = 0; one < 20; one++) {
    letters += (await handle(makeRequest(number, options))).length;
    number++;
  }
}
console.error(`${number} requests, ${letters} letters`);

function usedSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function readOptions(words) {
  return Object.fromEntries(words.map((word) => word.split('=')).map(([name, value]) => [name, Number(value)]));
}
