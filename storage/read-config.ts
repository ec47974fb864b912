import { dirname, isAbsolute, join, resolve } from 'node:path';
import {
  type ApplicationConfig,
  type Config,
  type ConfigFile,
  configFileSchema,
  type EnvironmentConfig,
  type EnvironmentVariable,
  environmentVariables,
  type RepositoryConfig,
} from './config.ts';
import { type ParsedFile, type Problem, parseConfigFile, readBoundedFile } from './config-file.ts';
import { describeFound, listProblems } from './config-problems.ts';
import { readBlobUrl, readDatabaseUrl, readQueueUrl, type Setting } from './engine-urls.ts';
import { AvalancheError } from './errors.ts';
import { readExplorerConfig } from './explorer-config.ts';
import { configFileName, findConfigFile } from './find-config-file.ts';
import { didYouMean, nearestNames } from './nearest-names.ts';
import { readPort } from './read-port.ts';
import { readSlackConfig } from './slack-config.ts';

export { resolveAppEnvironment } from './resolve-app-environment.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const mostProblems = 30;
/** `avalanche.yaml:9:1` before `avalanche.yaml:10:1`. */
const byPlace = new Intl.Collator('en', { numeric: true });

/**
 * Reads avalanche.yaml and the environment. The file is the one named by `file` or AVALANCHE_CONFIG, else the nearest
 * one from `directory` upwards; without a file there are no applications, and the engines are the embedded ones.
 *
 * @param file as given with `--config`
 * @throws AvalancheError CONFIG_INVALID, one for all problems; no secret is in it
 */
export function readConfig({
  file,
  environment,
  directory,
}: {
  file?: string;
  environment: NodeJS.ProcessEnv;
  directory: string;
}): Config {
  const problems: Problem[] = [];
  const variable = (name: EnvironmentVariable) => environment[name]?.trim() || undefined;
  const named = file ?? variable('AVALANCHE_CONFIG');
  const path = named === undefined ? findConfigFile(resolve(directory)) : resolve(directory, named);
  const parsed = path === null ? emptyFile : readFile(path);
  problems.push(...parsed.problems, ...checkVariableNames(environment));
  problems.push(...checkLogLevel(variable('AVALANCHE_LOG_LEVEL')));

  const checked = configFileSchema.safeParse(parsed.value);
  if (!checked.success) problems.push(...listProblems(configFileSchema, parsed, checked.error.issues));
  const content = checked.success ? checked.data : configFileSchema.parse({});
  problems.push(...checkNames(content, parsed));

  const fileFolder = path === null ? resolve(directory) : dirname(path);
  const dataFolder = resolve(directory, variable('AVALANCHE_DATA') ?? join(fileFolder, '.avalanche'));
  const setting = (name: EnvironmentVariable, key: 'database' | 'jobs' | 'blobs'): Setting | null => {
    const given = variable(name);
    if (given !== undefined) return { at: name, value: given, folder: directory };
    const inFile = content[key];
    return inFile === undefined ? null : { at: parsed.locate([key]), value: inFile, folder: fileFolder };
  };
  const database = setting('AVALANCHE_DATABASE_URL', 'database');
  const queue = setting('AVALANCHE_QUEUE_URL', 'jobs');
  const databaseUrl = readDatabaseUrl(database, dataFolder, problems);
  const queueUrl = readQueueUrl(queue, databaseUrl, dataFolder, problems);
  const blobUrl = readBlobUrl(setting('AVALANCHE_BLOB_URL', 'blobs'), dataFolder, problems);
  const slack = readSlackConfig(variable, problems);
  const health = {
    host: variable('AVALANCHE_HEALTH_HOST') ?? '127.0.0.1',
    port: readPort('AVALANCHE_HEALTH_PORT', variable('AVALANCHE_HEALTH_PORT'), problems) ?? null,
  };

  const explorer = readExplorerConfig(variable, problems);

  if (problems.length > 0) throw invalid(path, problems);
  return {
    file: path,
    databaseUrl,
    queueUrl,
    blobUrl,
    workDirectory: join(dataFolder, 'work'),
    slack,
    health,
    environments: content.environments.map((found) => withAbsoluteRoots(found, fileFolder)),
    applications: content.applications.map((found) => withAbsoluteRepository(found, fileFolder)),
    limits: content.limits,
    retention: content.retention,
    explorer: { ...content.explorer, ...explorer },
    access: content.access,
  };
}

const emptyFile: ParsedFile = { value: {}, problems: [], locate: () => configFileName };

function readFile(path: string): ParsedFile {
  const read = readBoundedFile(path);
  if ('text' in read) return parseConfigFile(path, read.text);
  return { ...emptyFile, problems: [{ at: path, text: read.problem }] };
}

const ourPrefix = 'AVALANCHE_';

/** A variable of ours that is nearly one of those known; others may be another program's. */
function checkVariableNames(environment: NodeJS.ProcessEnv): Problem[] {
  const ours = (names: string[]) =>
    names.filter((name) => name.startsWith(ourPrefix)).map((name) => name.slice(ourPrefix.length));
  const known = ours(Object.keys(environmentVariables));
  return ours(Object.keys(environment))
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const [nearest] = nearestNames(name, known, 1);
      if (nearest === undefined) return [];
      return { at: ourPrefix + name, text: `unknown variable (did you mean "${ourPrefix}${nearest}"?)` };
    });
}

function checkLogLevel(level: string | undefined): Problem[] {
  if (level === undefined || logLevels.includes(level)) return [];
  const wanted = `one of ${logLevels.join(', ')}${didYouMean(level, logLevels)}`;
  return [{ at: 'AVALANCHE_LOG_LEVEL', text: `found ${describeFound(level)}, wanted ${wanted}` }];
}

/** What the schema cannot see: names that stand twice, and names of environments that are not there. */
function checkNames({ environments, applications }: ConfigFile, { locate }: ParsedFile): Problem[] {
  const known = environments.map(({ name }) => name);
  const unknown = applications.flatMap((application, at) =>
    (application.environments ?? []).flatMap((name, index) =>
      known.includes(name)
        ? []
        : {
            at: locate(['applications', at, 'environments', index]),
            text: `found "${name}", wanted the name of an environment${didYouMean(name, known)}`,
          },
    ),
  );
  return [
    ...checkUnique('environments', environments, locate),
    ...checkUnique('applications', applications, locate),
    ...unknown,
  ];
}

function checkUnique(list: string, entries: { name: string }[], locate: ParsedFile['locate']): Problem[] {
  const first = new Map<string, number>();
  return entries.flatMap(({ name }, index) => {
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    return before === undefined
      ? []
      : {
          at: locate([list, index, 'name']),
          text: `found "${name}" again, wanted a name that only one of ${list} has`,
        };
  });
}

function withAbsoluteRoots(environment: EnvironmentConfig, folder: string): EnvironmentConfig {
  const logServers = environment.logServers.map((server) =>
    server.kind === 'disk' ? { ...server, root: resolve(folder, server.root) } : server,
  );
  const clusters = environment.clusters.map((cluster) =>
    cluster.kubeconfig === undefined
      ? cluster
      : { ...cluster, kubeconfig: resolve(folder, cluster.kubeconfig) },
  );
  return { ...environment, logServers, clusters };
}

function withAbsoluteRepository(application: ApplicationConfig, folder: string): ApplicationConfig {
  if (application.repository === undefined) return application;
  const repository: RepositoryConfig = {
    ...application.repository,
    url: absoluteUrl(application.repository.url, folder),
  };
  return { ...application, repository };
}

/** A path beside the file becomes absolute; `https://…` and `user@host:path` are left alone. */
function absoluteUrl(url: string, folder: string): string {
  const isPath = isAbsolute(url) || /^\.{1,2}(\/|$)/.test(url);
  return isPath ? resolve(folder, url) : url;
}

function invalid(file: string | null, problems: Problem[]): AvalancheError {
  const inOrder = problems.toSorted((a, b) => byPlace.compare(a.at, b.at));
  const shown = inOrder.slice(0, mostProblems).map(({ at, text }) => `\n  ${at}: ${text}`);
  const rest = problems.length - shown.length;
  if (rest > 0) shown.push(`\n  and ${rest} more`);
  const what = file === null ? 'the configuration' : `the configuration "${file}"`;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new AvalancheError('CONFIG_INVALID', `Cannot use ${what}: ${count} (wanted none)${shown.join('')}`, {
    file,
  });
}
