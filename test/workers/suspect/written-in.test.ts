import { expect, test } from 'vitest';
import { findWrittenIn } from '../../../workers/suspect/written-in.ts';

const source = `import { escape } from './escape.mjs';

export function renderPage(title, parts) {
  if (title === '') {
    return parts.map((part) => part.trim());
  }
  return joinParts(parts);
}

const joinParts = (parts) => {
  return parts.reduce(
    (letters, part) => [...letters, ...part], []).join('');
};

class Sessions {
  async open(cookies) {
    return [...cookies].map((one) => one * 2);
  }
}
[1, 2].forEach((one) => console.log(one));`.split('\n');

test.each([
  [5, 'renderPage'],
  [12, 'joinParts'],
  [17, 'open'],
  [20, null],
])('the function around line %i is %s', (line, name) => {
  expect(findWrittenIn(source, line)).toBe(name);
});
