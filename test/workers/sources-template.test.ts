import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bindings, matchPath, parseTemplate } from '../../workers/snapshot/sources/template.ts';

const match = (template: string, path: string, bindings?: Bindings) =>
  matchPath(parseTemplate(template), path, bindings) ?? null;

describe('a path template', () => {
  test.each<[string, string, Bindings | null]>([
    ['$app/$pod', 'shop/shop-1', { app: 'shop', pod: 'shop-1' }],
    ['$app/$pod', 're commender/x', { app: 're commender', pod: 'x' }],
    [
      'logs/node-$any/var/log/$any/$app/$pod/perf-log',
      'logs/node-stg/var/log/lisa/recommender/recommender-5c13933a90/perf-log',
      { app: 'recommender', pod: 'recommender-5c13933a90' },
    ],
    ['$env/$app/$pod', 'x.y/shop/a', { env: 'x.y', app: 'shop', pod: 'a' }],
    ['k8s-$env-staging/$app/$pod', 'k8s-foo-staging/shop/a', { env: 'foo', app: 'shop', pod: 'a' }],
    ['docker-$env-$app/$pod', 'docker-a-b/c', { env: 'a', app: 'b', pod: 'c' }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: braces belong to the grammar
    ['${app}lication/$pod', 'shoplication/a', { app: 'shop', pod: 'a' }],
    ['$$HOME/$app/$pod', '$HOME/shop/a', { app: 'shop', pod: 'a' }],
    ['log/$app/$pod', 'logs/shop/a', null],
    ['log/$app/$pod', 'log/shop/a/more', null],
    ['log/$app/$pod', 'log/shop', null],
    ['$app/$pod.tar', 'shop/a.tar.gz', null],
    ['$app/$pod.tar', 'shop/.tar', null],
    ['$app/$pod', 'shop/', null],
    ['$app/$pod', 'shop/..', null],
    ['$app/$app-$pod', 'shop/shop-1', { app: 'shop', pod: '1' }],
    ['$app/$app-$pod', 'shop/cart-1', null],
    ['$pod-$any/$app/$pod', 'a-b-c/shop/a', { app: 'shop', pod: 'a' }],
    ['$any/$app/$any/$pod', '1/shop/2/a', { app: 'shop', pod: 'a' }],
  ])('%s against %s', (template, path, expected) => {
    expect(match(template, path)).toEqual(expected);
  });

  test('a known value decides between the ways to split a name', () => {
    expect(match('$app-$pod/x', 'web-shop-1/x')).toEqual({ app: 'web-shop', pod: '1' });
    expect(match('$app-$pod/x', 'web-shop-1/x', { app: 'web' })).toEqual({ app: 'web', pod: 'shop-1' });
    expect(match('$app-$pod/x', 'web-shop-1/x', { app: 'we' })).toBeNull();
  });

  test.each([
    ['/$app/$pod', 'begins with "/"'],
    ['$app//$pod', 'an empty segment'],
    ['', '"$app" is missing; "$pod" is missing'],
    ['$app/x', '"$pod" is missing'],
    ['$app/../$pod', 'the segment ".." is not allowed'],
    ['$app$pod', 'text is missing before "$pod"'],
    ['$application/$pod', '"$application" is no variable'],
    ['$node/$app/$pod', '"$node" is no variable'],
    ['$app/$pod/$', '"$" is no variable'],
    ['$app/$pod/${x', '"$" is no variable'],
    ['$any-$any-$any-$app/$pod', 'has 4 variables (at most 3'],
    ['$app/$pod\\x', 'a backslash'],
    [`$app/$pod${'/x'.repeat(40)}`, 'has 42 segments (at most 32'],
  ])('%s is refused with the reason', (template, reason) => {
    expect(() => parseTemplate(template)).toThrow(reason);
  });

  test('every problem of a template is named at once', () => {
    expect(() => parseTemplate('$nod/..')).toThrow(/\$nod.*\.\..*\$app.*\$pod/);
  });
});

// Values without the letters that the literals of these templates are made of, so that only one split fits.
const value = fc.stringMatching(/^[a-z0-9]([a-z0-9 -]{0,10}[a-z0-9])?$/);
const literal = fc.stringMatching(/^[A-Z_.]{1,4}$/).filter((text) => !/^\.{1,2}$/.test(text));
const part = fc.oneof(
  fc.constantFrom('app', 'pod', 'env', 'any').map((name) => ({ variable: name, text: '' })),
  literal.map((text) => ({ variable: '', text })),
);

/** Segments of parts in which two variables never touch. */
const segment = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => {
  const apart = parts.flatMap((one, index) =>
    one.variable !== '' && (parts[index - 1]?.variable ?? '') !== ''
      ? [{ variable: '', text: '_' }, one]
      : [one],
  );
  return apart.filter(
    ({ variable }, index) =>
      variable === '' || apart.slice(0, index).filter((one) => one.variable !== '').length < 3,
  );
});
const segments = fc
  .array(segment, { maxLength: 5 })
  .map((many) => [[{ variable: 'app', text: '' }], ...many, [{ variable: 'pod', text: '' }]]);

describe('any path template', () => {
  test('format, then match, gives the same values', () => {
    fc.assert(
      fc.property(
        segments,
        value,
        value,
        value,
        fc.infiniteStream(value),
        (parts, app, pod, env, anything) => {
          const values: Record<string, string> = { app, pod, env };
          const template = parts.map((many) =>
            many.map((one) => (one.variable ? `\${${one.variable}}` : one.text)).join(''),
          );
          const path = parts.map((many) =>
            many
              .map((one) =>
                one.variable === 'any' ? anything.next().value : (values[one.variable] ?? one.text),
              )
              .join(''),
          );
          const used = new Set(parts.flat().map((one) => one.variable));
          const expected = Object.fromEntries(Object.entries(values).filter(([name]) => used.has(name)));
          expect(match(template.join('/'), path.join('/'))).toEqual(expected);
          expect(match(template.join('/'), path.join('/'), values)).toEqual(values);
        },
      ),
    );
  });

  test('a match is anchored: a path with anything more does not fit', () => {
    fc.assert(
      fc.property(value, value, fc.string({ minLength: 1 }), (app, pod, more) => {
        const text = 'logs/$app/$pod/perf-record.tar.gz';
        expect(match(text, `logs/${app}/${pod}/perf-record.tar.gz${more}`)).toBeNull();
        expect(match(text, `${more}logs/${app}/${pod}/perf-record.tar.gz`)).toBeNull();
      }),
    );
  });

  test('the longest name against the hardest template takes no time', () => {
    const startedAt = performance.now();
    expect(match('$any-$any-$app/$pod', `${'-'.repeat(254)}/x`, { app: 'none' })).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
