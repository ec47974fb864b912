import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configFileSchema, environmentVariables } from '../../storage/config.ts';

const root = join(import.meta.dirname, '..', '..');
const docs = readFileSync(join(root, 'docs', 'configuration.md'), 'utf8');
const sample: unknown = parse(readFileSync(join(root, 'deploy', 'avalanche.example.yaml'), 'utf8'));

/** `applications[].name`, as the schema has them. */
function keysOf(schema: unknown, path = ''): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return keysOf(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodArray) return keysOf(schema.element, `${path}[]`);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    return [...new Set(schema.options.flatMap((option) => keysOf(option, path)))];
  }
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([key, below]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return [here, ...keysOf(below, here)];
  });
}

/** The same of a value. */
function keysIn(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => keysIn(entry, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return [here, ...keysIn(below, here)];
  });
}

/** First cells of the table under a heading, and the rest of each row. */
function tableUnder(heading: string): Map<string, string[]> {
  const section = docs.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const rows = [...section.matchAll(/^\| `([^`]+)` *\|(.*)\|$/gm)];
  return new Map(rows.map(([, key = '', rest = '']) => [key, rest.split('|').map((cell) => cell.trim())]));
}

test('docs list every key of avalanche.yaml and no other', () => {
  expect([...tableUnder('Keys').keys()]).toEqual(keysOf(configFileSchema));
});

test('docs list every environment variable and no other, and which are secret', () => {
  const documented = [...tableUnder('Environment')].map(([name, [secret]]) => [name, secret]);
  const known = Object.entries(environmentVariables).map(([name, { isSecret }]) => [
    name,
    isSecret ? 'yes' : 'no',
  ]);
  expect(documented).toEqual(known);
});

test('docs give the defaults that the limits have', () => {
  const { limits, retention } = configFileSchema.parse({});
  const table = tableUnder('Keys');
  for (const [section, values] of Object.entries({ limits, retention }))
    for (const [name, value] of Object.entries(values))
      expect(table.get(`${section}.${name}`)?.[0]).toBe(`\`${value}\``);
});

test('the sample is valid, has every key, and the limits it shows are the defaults', () => {
  const { limits, retention } = configFileSchema.parse(sample);
  expect(new Set(keysIn(sample))).toEqual(new Set(keysOf(configFileSchema)));
  expect({ limits, retention }).toMatchObject({
    limits: configFileSchema.parse({}).limits,
    retention: configFileSchema.parse({}).retention,
  });
});
