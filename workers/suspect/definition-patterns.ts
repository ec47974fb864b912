import type { FrameAnatomy } from './frames/frame-anatomy.ts';

/** How a language writes definitions down. */
export type DefinitionPattern = {
  /** A regular expression in the common part of ERE and RE2, for the line on which `name` is defined. */
  pattern(name: string, frame: FrameAnatomy): string;
  /** Ends of paths where it may be, the best first. */
  paths(frame: FrameAnatomy): string[];
  /** A line that opens a scope (class, impl block); its first group is the scope's name. Null: not needed. */
  scope: RegExp | null;
};

const before = '(^|[^A-Za-z0-9_$.])';
const space = '[[:space:]]';

const javascript: DefinitionPattern = {
  pattern: (name) =>
    `function${space}*\\*?${space}*${name}${space}*[(<]` +
    `|${before}(const|let|var)${space}+${name}${space}*[=:]` +
    `|^${space}*((static|async|get|set|public|private|protected|readonly)${space}+)*[*#]?${name}${space}*(<[^>]*>)?${space}*\\([^;]*$` +
    `|${before}${name}${space}*[:=]${space}*(async${space}*)?(function|\\(|[A-Za-z_$][A-Za-z0-9_$]*${space}*=>)`,
  paths: () => ['*.js', '*.mjs', '*.cjs', '*.ts', '*.mts', '*.tsx', '*.jsx'],
  scope: /^\s*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s+(\w+)/,
};

const python: DefinitionPattern = {
  pattern: (name) => `^${space}*(async${space}+)?def${space}+${name}${space}*[[(]`,
  paths: () => ['*.py'],
  scope: /^\s*class\s+(\w+)/,
};

const go: DefinitionPattern = {
  pattern: (name, { class: receiver }) =>
    receiver === ''
      ? `^func${space}+${name}${space}*[[(]`
      : `^func${space}*\\([^)]*[*${'[:space:]'}(]${escapeRegex(receiver)}(\\[[^)]*\\])?${space}*\\)${space}*${name}${space}*\\(`,
  paths: () => ['*.go'],
  scope: null,
};

const java: DefinitionPattern = {
  pattern: (name, frame) =>
    isConstructor(name, frame)
      ? `^${space}*((public|private|protected)${space}+)?${name}${space}*\\([^;]*$`
      : `^${space}*(@[A-Za-z_.]+(\\([^)]*\\))?${space}+)*[A-Za-z_<][^=;(){}"]*[${'[:space:]'}>.]${name}${space}*\\([^;]*$` +
        `|${before}(fun|def)${space}+(<[^>]*>${space}*)?([A-Za-z_.]+\\.)?${name}${space}*[[(<]`,
  paths({ package: packageName, class: className }) {
    const folder = packageName === '' ? '' : `${packageName.replaceAll('.', '/')}/`;
    const outer = className.split('.')[0]!;
    const names = outer.endsWith('Kt') ? [outer.slice(0, -2), outer] : [outer];
    const files = names.flatMap((name) =>
      ['java', 'kt', 'scala', 'groovy'].map((ending) => `${name}.${ending}`),
    );
    // Kotlin and Scala may leave the package's folders out.
    return [...new Set([...files.map((file) => folder + file), ...files])];
  },
  scope: /(?:^|\s)(?:class|interface|enum|record|object|trait)\s+(\w+)/,
};

const rust: DefinitionPattern = {
  pattern: (name) => `(^|${space})fn${space}+${name}${space}*[<(]`,
  paths: () => ['*.rs'],
  scope: /^\s*(?:unsafe\s+)?(?:impl|trait)\b(?:\s*<[^>]*>)?\s*(?:[\w:<>,' ]+\s+for\s+)?(?:[\w]+::)*(\w+)/,
};

const c: DefinitionPattern = {
  pattern: (name, { class: className }) =>
    `^([A-Za-z_][^=;]*[${'[:space:]'}*&:])?${name}${space}*\\([^;]*$` +
    `|^${space}+[A-Za-z_][^=;.(]*[${'[:space:]'}*&:]${name}${space}*\\([^;]*$` +
    (className === '' ? '' : `|^${space}*${escapeRegex(className)}${space}*\\([^;]*$`),
  paths: () => ['*.c', '*.cc', '*.cpp', '*.cxx', '*.h', '*.hh', '*.hpp', '*.hxx'],
  scope: /^\s*(?:template\s*<.*>\s*)?(?:class|struct)\s+(\w+)/,
};

const ruby: DefinitionPattern = {
  pattern: (name) =>
    `^${space}*((private|protected|public)${space}+)?def${space}+(self\\.)?${name}([^A-Za-z0-9_?!=]|$)`,
  paths: () => ['*.rb'],
  scope: /^\s*(?:class|module)\s+(?:\w+::)*(\w+)/,
};

const php: DefinitionPattern = {
  pattern: (name) => `(^|[^A-Za-z0-9_$>])function${space}+&?${name}${space}*\\(`,
  paths: ({ class: className }) => (className === '' ? ['*.php'] : [`${className}.php`, '*.php']),
  scope: /^\s*(?:(?:abstract|final|readonly)\s+)*(?:class|trait|interface|enum)\s+(\w+)/,
};

const csharp: DefinitionPattern = {
  pattern: (name, frame) =>
    isConstructor(name, frame)
      ? `^${space}*((public|private|protected|internal|static)${space}+)*${name}${space}*\\([^;]*$`
      : `^${space}*[A-Za-z_[][^=;()"]*([${'[:space:]'}>.]|\\])${name}${space}*(<[^>]*>)?${space}*\\(([^;]*$|.*=>)`,
  paths({ class: className }) {
    const names = className.split('.').filter((name) => name !== '');
    // Partial classes lie in several files, small ones beside others.
    return [...new Set([...names.reverse().map((name) => `${name}.cs`), '*.cs'])];
  },
  scope: /(?:^|\s)(?:class|struct|interface|record)\s+(?:struct\s+|class\s+)?(\w+)/,
};

const languages: Record<string, DefinitionPattern> = {
  javascript,
  python,
  ruby,
  php,
  csharp,
  go,
  java,
  rust,
  c,
};

export function definitionPatternOf(language: string): DefinitionPattern | null {
  return languages[language] ?? null;
}

/** Text as a regular expression for itself, in ERE and RE2. */
export function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Statements that look like definitions, and comments. */
export function isStatement(text: string): boolean {
  return /^\s*(?:return|new|else|if|while|for|switch|throw|await|yield|case|do|assert|delete|in|of|typeof|catch|print|raise)\b|^\s*(?:\/\/|\*|\/\*|#(?!\w+\s*\())/.test(
    text,
  );
}

function isConstructor(name: string, { class: className }: FrameAnatomy): boolean {
  return className === name || className.endsWith(`.${name}`);
}
