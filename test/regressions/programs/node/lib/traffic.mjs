const words = ['lamp', 'oak', 'chair', 'steel', 'blue', 'wool', 'table', 'cup'];

/** The request with the given number, always the same. */
export function makeRequest(number, { searches }) {
  if (number % searches === 0) return { path: '/search', query: { q: `${words[number % 8]} ${words[(number * 3) % 8]}` } };
  if (number % 7 === 0) return { path: '/account', body: makeAccount(number) };
  return { path: '/product', query: { id: (number * 37) % 1200 }, cookies: `session=${number}; currency=eur; seen=${number % 90}` };
}

function makeAccount(number) {
  return { mail: number % 2 === 0 ? `first.last${number}@mail${number % 30}_example` : `first.last${number}@mail${number % 30}.example.org`, name: `  Ada   Lovelace ${number}`, phone: `+49 (30) ${number} 12-${number % 97}` };
}
