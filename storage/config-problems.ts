import { z } from 'zod';
import type { KeyPath, ParsedFile, Problem } from './config-file.ts';
import { didYouMean } from './nearest-names.ts';
import { holdsSecret, namesSecret } from './secrets.ts';

/** What zod found, said as "found … , wanted …" at its place in the file. */
export function listProblems(
  schema: z.ZodType,
  { value, locate }: ParsedFile,
  issues: z.core.$ZodIssue[],
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    if (issue.code !== 'unrecognized_keys') {
      const found = valueAt(value, path);
      return {
        at: locate(path),
        text: `found ${describeFound(found, path)}, wanted ${describeWanted(issue, found)}`,
      };
    }
    const known = keysAt(schema, path, value);
    return issue.keys.map((key) => ({
      at: locateUnknown(locate, path, key),
      text: describeUnknown(key, path, known),
    }));
  });
}

function locateUnknown(locate: ParsedFile['locate'], path: KeyPath, key: string): string {
  return holdsSecret(key) ? locate(path) : locate([...path, key.slice(0, 100)]);
}

function describeUnknown(key: string, path: KeyPath, known: readonly string[]): string {
  if (namesSecret(key) || holdsSecret(key)) {
    return 'found a secret, wanted none in the file, which others can read: give it as an environment variable';
  }
  if (path.length === 0 && key === 'slack') {
    return 'unknown key: Slack is set up by the environment variables SLACK_BOT_TOKEN and SLACK_APP_TOKEN';
  }
  return `unknown key${didYouMean(key, known) || `, wanted one of ${known.join(', ')}`}`;
}

/** A value for a message: short, and without anything secret. */
export function describeFound(value: unknown, path: KeyPath = []): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'keys and values';
  const text = String(value);
  if (holdsSecret(text) || path.some((key) => typeof key === 'string' && namesSecret(key)))
    return 'a value (not shown)';
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  return typeof value === 'string' ? shown : shown.slice(1, -1);
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'keys and values',
};

function describeWanted(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? issue.expected;
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (values.length === 1) return `"${values[0]}"`;
      return `one of ${values.join(', ')}${typeof found === 'string' ? didYouMean(found, values) : ''}`;
    }
    case 'invalid_union': {
      const kinds = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
      if (kinds.length === 0) return issue.message;
      return `one of ${kinds.join(', ')}${typeof found === 'string' ? didYouMean(found, kinds) : ''}`;
    }
    case 'too_small':
      return describeBound(issue.origin, issue.inclusive ? 'at least' : 'more than', Number(issue.minimum));
    case 'too_big':
      return describeBound(issue.origin, issue.inclusive ? 'at most' : 'less than', Number(issue.maximum));
    default:
      return issue.message;
  }
}

function describeBound(origin: string, how: string, bound: number): string {
  if (origin === 'string')
    return how === 'at least' && bound === 1 ? 'text that is not empty' : `${how} ${bound} characters`;
  if (origin === 'array') return `${how} ${bound} ${bound === 1 ? 'entry' : 'entries'}`;
  return `a number, ${how} ${bound}`;
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((current, key) => {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    return (current as Record<string | number, unknown>)[key];
  }, value);
}

function keysAt(schema: z.ZodType, path: KeyPath, value: unknown): string[] {
  let current = chooseOption(withoutWrappers(schema), value);
  path.forEach((key, index) => {
    if (current instanceof z.ZodArray) current = withoutWrappers(current.element as z.ZodType);
    else if (current instanceof z.ZodObject) current = withoutWrappers(current.shape[key] as z.ZodType);
    current = chooseOption(current, valueAt(value, path.slice(0, index + 1)));
  });
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** Of the kinds that something can be, the one that it says it is. */
function chooseOption(schema: z.ZodType, value: unknown): z.ZodType {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const { discriminator } = schema.def;
  const kind = valueAt(value, [discriminator]);
  const option = schema.options.find(
    (each) => each instanceof z.ZodObject && each.shape[discriminator].safeParse(kind).success,
  );
  return option instanceof z.ZodObject ? option : schema;
}

function withoutWrappers(schema: z.ZodType): z.ZodType {
  const isWrapped =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapped ? withoutWrappers(schema.unwrap() as z.ZodType) : schema;
}
