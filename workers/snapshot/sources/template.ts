import { AvalancheError } from '../../../storage/errors.ts';

/**
 * Path templates of log servers.
 *
 *     logs/node-$any/$env/${app}-logs/$pod/perf-record.tar.gz
 *
 * Segments are parted by `/`. A segment mixes text and variables as it likes; two variables need text
 * between them. `$app $pod $env $any` stand for one segment or part of it, never empty. `${app}` is
 * the same as `$app` and lets letters follow; `$$` is one dollar sign. Matching is anchored: a segment
 * fits as a whole or not at all. A variable that comes back must have the same value each time, but
 * for `$any`, which is free each time.
 */
export type PathTemplate = { text: string; segments: readonly Segment[] };
export type Segment = readonly Part[];
type Part = { kind: 'text'; text: string } | { kind: 'variable'; name: VariableName };

const variableNames = ['app', 'pod', 'env', 'any'] as const;
type VariableName = (typeof variableNames)[number];
/** Values of the variables that are known; `$any` never is. */
export type Bindings = Partial<Record<Exclude<VariableName, 'any'>, string>>;

/** The number of ways to split a name grows with the power of this less one. */
const variablesInSegment = 3;
const segmentsInTemplate = 32;

/**
 * @returns the template; it names `$app` and `$pod`, and none of its segments is `.` or `..`
 * @throws AvalancheError CONFIG_INVALID naming every problem
 */
export function parseTemplate(text: string): PathTemplate {
  const problems: string[] = [];
  const segments = text.split('/').map((segment) => parseSegment(segment, problems));
  if (text.startsWith('/')) problems.push('it begins with "/" (a path below the root wanted)');
  else if (segments.some((segment) => segment.length === 0)) problems.push('it has an empty segment');
  if (segments.length > segmentsInTemplate) {
    problems.push(`it has ${segments.length} segments (at most ${segmentsInTemplate} wanted)`);
  }
  for (const name of ['app', 'pod'] as const) {
    if (!segments.some((segment) => segment.some((part) => part.kind === 'variable' && part.name === name))) {
      problems.push(`"$${name}" is missing`);
    }
  }
  if (problems.length > 0) {
    throw new AvalancheError(
      'CONFIG_INVALID',
      `Cannot use the path template "${text}": ${problems.join('; ')}`,
    );
  }
  return { text, segments };
}

function parseSegment(text: string, problems: string[]): Segment {
  const parts: Part[] = [];
  let literal = '';
  for (const [token, braced, bare] of text.matchAll(/\$\$|\$\{([^}]*)\}|\$([a-zA-Z]*)|[^$]+/g)) {
    const name = braced ?? bare;
    if (name === undefined) {
      literal += token === '$$' ? '$' : token;
      continue;
    }
    if (!isVariableName(name)) {
      problems.push(`"${token}" is no variable ($app, $pod, $env or $any wanted; a dollar sign is "$$")`);
      continue;
    }
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    else if (parts.length > 0) problems.push(`text is missing before "${token}"`);
    parts.push({ kind: 'variable', name });
    literal = '';
  }
  if (literal !== '') parts.push({ kind: 'text', text: literal });
  checkSegment(text, parts, problems);
  return parts;
}

function checkSegment(text: string, parts: Segment, problems: string[]): void {
  const count = parts.filter(({ kind }) => kind === 'variable').length;
  if (count > variablesInSegment) {
    problems.push(`"${text}" has ${count} variables (at most ${variablesInSegment} in a segment wanted)`);
  }
  if (text === '.' || text === '..') problems.push(`the segment "${text}" is not allowed`);
  if (/[\\\0]/.test(text)) problems.push('it holds a backslash or a zero byte');
}

function isVariableName(name: string): name is VariableName {
  return (variableNames as readonly string[]).includes(name);
}

/** The one name a segment can have once `bindings` are known; null while a variable is open. */
export function fixedName(segment: Segment, bindings: Bindings): string | null {
  let name = '';
  for (const part of segment) {
    const text = part.kind === 'text' ? part.text : knownValue(part.name, bindings);
    if (text === undefined) return null;
    name += text;
  }
  return name;
}

function knownValue(name: VariableName, bindings: Bindings): string | undefined {
  return name === 'any' ? undefined : bindings[name];
}

/**
 * Matches one name of a folder against one segment.
 *
 * @param bindings values that are known already; a variable among them fits that value only
 * @returns every way in which the name fits as a whole: `bindings` with what the name adds, each once.
 *   Earlier variables first take as much as they can
 */
export function* matchSegment(segment: Segment, name: string, bindings: Bindings = {}): Generator<Bindings> {
  if (name === '.' || name === '..') return;
  const seen = new Set<string>();
  for (const matched of matchParts(segment, 0, name, bindings)) {
    const key = JSON.stringify([matched.app, matched.pod, matched.env]);
    if (!seen.has(key)) yield matched;
    seen.add(key);
  }
}

function* matchParts(segment: Segment, index: number, rest: string, bindings: Bindings): Generator<Bindings> {
  const part = segment[index];
  if (part === undefined) {
    if (rest === '') yield bindings;
    return;
  }
  const text = part.kind === 'text' ? part.text : knownValue(part.name, bindings);
  if (text !== undefined) {
    if (rest.startsWith(text)) yield* matchParts(segment, index + 1, rest.slice(text.length), bindings);
    return;
  }
  const isLast = index === segment.length - 1;
  for (let length = rest.length; length >= (isLast ? Math.max(rest.length, 1) : 1); length -= 1) {
    const bound = bind(part, rest.slice(0, length), bindings);
    yield* matchParts(segment, index + 1, rest.slice(length), bound);
  }
}

function bind(part: Part, value: string, bindings: Bindings): Bindings {
  if (part.kind === 'text' || part.name === 'any') return bindings;
  return { ...bindings, [part.name]: value };
}

/** Matches a whole path; undefined when it does not fit, the first way when it fits in several. */
export function matchPath(
  template: PathTemplate,
  path: string,
  bindings: Bindings = {},
): Bindings | undefined {
  const names = path.split('/');
  if (names.length !== template.segments.length) return undefined;
  return matchNames(template.segments, names, bindings).next().value ?? undefined;
}

function* matchNames(segments: readonly Segment[], names: string[], bindings: Bindings): Generator<Bindings> {
  const [segment, ...segmentsBelow] = segments;
  const [name = '', ...namesBelow] = names;
  if (segment === undefined) {
    yield bindings;
    return;
  }
  for (const bound of matchSegment(segment, name, bindings))
    yield* matchNames(segmentsBelow, namesBelow, bound);
}
