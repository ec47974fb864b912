import type { ClusterConfig } from '../../storage/cluster-config.ts';
import type { Config, EnvironmentConfig, LogServerConfig } from '../../storage/config.ts';
import { AvalancheError } from '../../storage/errors.ts';
import { nearestNames } from '../../storage/nearest-names.ts';
import { formatAmount, formatDuration } from '../replies/format-values.ts';
import { defineCommand } from './command.ts';
import { formatNames } from './format-names.ts';
import { countArguments, wordsSchema } from './words.ts';

const mostShown = 30;
const mostApps = 20;

export const env = defineCommand({
  name: 'env',
  usage: 'env [<environment>]',
  summary: 'lists the environments, or says where recordings of one come from',
  options: {},
  examples: ['env', 'env prod'],
  isReading: true,
  parse: wordsSchema.transform(({ positionals }, { addIssue }) => {
    const problem = countArguments(positionals, { minimum: 0, maximum: 1, needed: '' });
    if (problem !== undefined) addIssue(problem);
    return { name: positionals[0]?.toLowerCase() };
  }),
  async run({ name }, { config }) {
    const { title, lines } = name === undefined ? listAll(config) : describeOne(config, name);
    return { state: 'answered', report: { report: 'text', title, lines, error: null } };
  },
});

type Answer = { title: string; lines: string[] };

function listAll(config: Config): Answer {
  const { environments } = config;
  if (environments.length === 0)
    return { title: 'No environment is configured: add some to avalanche.yaml', lines: [] };
  const shown = environments.slice(0, mostShown);
  const more = environments.length - shown.length;
  return {
    title: formatAmount(environments.length, 'environment'),
    lines: [
      ...shown.map(({ name, logServers, clusters }) => {
        const places = [
          formatAmount(logServers.length, 'log server'),
          formatAmount(clusters.length, 'cluster'),
        ];
        return `${name}: ${places.join(', ')}, ${formatAmount(appsOf(config, name).length, 'application')}`;
      }),
      ...(more > 0 ? [`And ${more} more`] : []),
    ],
  };
}

/** @throws AvalancheError APP_UNKNOWN with the nearest names */
function describeOne(config: Config, wanted: string): Answer {
  const environment = config.environments.find(({ name }) => name === wanted);
  if (environment === undefined) {
    const known = config.environments.map(({ name }) => name);
    const near = nearestNames(wanted, known);
    const hint =
      near.length > 0 ? `did you mean ${formatNames(near)}?` : `there are ${formatNames(known.slice(0, 8))}`;
    throw new AvalancheError('APP_UNKNOWN', `Cannot find the environment "${wanted.slice(0, 100)}": ${hint}`);
  }
  const names = appsOf(config, environment.name);
  const more = names.length - mostApps;
  return {
    title: `Environment ${environment.name}`,
    lines: [
      ...environment.logServers.flatMap(describeLogServer),
      ...environment.clusters.flatMap(describeCluster),
      ...describeDownloads(environment),
      `Applications: ${names.slice(0, mostApps).join(', ') || 'none'}${more > 0 ? ` and ${more} more` : ''}`,
    ],
  };
}

function appsOf({ applications }: Config, environment: string): string[] {
  return applications
    .filter(({ environments }) => environments === undefined || environments.includes(environment))
    .map(({ name }) => name);
}

function describeLogServer(server: LogServerConfig): string[] {
  const { template, maximumAgeMs } = server;
  const place = server.kind === 'disk' ? server.root : server.url;
  return [`Log server: ${place}`, `  path ${template}`, `  not older than ${formatDuration(maximumAgeMs)}`];
}

function describeCluster({
  context,
  kubeconfig,
  namespaces,
  selector,
  archive,
  record,
}: ClusterConfig): string[] {
  const named = context ?? (kubeconfig === undefined ? "that of the workers' own pod" : 'of its kubeconfig');
  return [
    `Cluster: ${named}`,
    `  namespaces ${namespaces.slice(0, 8).join(', ')}${namespaces.length > 8 ? ' …' : ''}`,
    `  pods ${selector}`,
    ...(archive === undefined ? [] : [`  archive ${archive}`]),
    record === undefined
      ? '  nothing is recorded on demand'
      : `  --for up to ${formatDuration(record.longestMs)}, ${formatDuration(record.msPerHour)} an hour`,
  ];
}

function describeDownloads({ downloads = [] }: EnvironmentConfig): string[] {
  if (downloads.length === 0) return [];
  return ['Recordings by --url from:', ...downloads.map(({ url }) => `  ${url}`)];
}
