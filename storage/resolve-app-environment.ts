import type { ApplicationConfig, Config, EnvironmentConfig } from './config.ts';
import { AvalancheError } from './errors.ts';
import { nearestNames } from './nearest-names.ts';

type AppEnvironment = { application: ApplicationConfig; environment: EnvironmentConfig };

/** What a person types is shown back to them; not at any length. */
const longestShown = 100;

/**
 * Finds what `shop-prod` means: an application and one of its environments. Both names may hold dashes. The name of
 * an application that runs in one environment only is enough.
 *
 * @param environment as given with `--env`; then `text` is the application, or still `app-env`
 * @throws AvalancheError APP_UNKNOWN with the nearest names
 * @throws AvalancheError APP_AMBIGUOUS naming every reading, when there are several
 */
export function resolveAppEnvironment(
  config: Pick<Config, 'applications' | 'environments'>,
  text: string,
  environment?: string,
): AppEnvironment {
  const wanted = text.trim().toLowerCase();
  const all = listAppEnvironments(config);
  if (environment !== undefined)
    return resolveInEnvironment(config, all, wanted, environment.trim().toLowerCase());

  const readings = all.filter((pair) => label(pair) === wanted);
  if (readings.length > 1) throw ambiguous(wanted, readings);
  if (readings[0] !== undefined) return readings[0];

  const ofApplication = all.filter(({ application }) => application.name === wanted);
  if (ofApplication.length === 1) return ofApplication[0]!;
  if (ofApplication.length > 1) throw unknown(wanted, 'the environment is missing', ofApplication.map(label));
  throw unknown(wanted, 'there is no such application and environment', nearestNames(wanted, all.map(label)));
}

function resolveInEnvironment(
  { environments }: Pick<Config, 'environments'>,
  all: AppEnvironment[],
  wanted: string,
  name: string,
): AppEnvironment {
  const there = all.filter((pair) => pair.environment.name === name);
  // The whole text as a name goes first: so there is a way to say each of them.
  const found =
    there.find(({ application }) => application.name === wanted) ??
    there.find((pair) => label(pair) === wanted);
  if (found !== undefined) return found;
  if (!environments.some((known) => known.name === name)) {
    const known = environments.map((one) => one.name);
    throw unknown(name, 'there is no such environment', nearestNames(name, known), known);
  }
  const applications = there.map(({ application }) => application.name);
  const elsewhere = all.filter(({ application }) => application.name === wanted).map(label);
  const nearest = elsewhere.length > 0 ? elsewhere : nearestNames(wanted, applications);
  throw unknown(wanted, `no such application runs in "${name}"`, nearest, applications);
}

function listAppEnvironments({
  applications,
  environments,
}: Pick<Config, 'applications' | 'environments'>): AppEnvironment[] {
  return applications.flatMap((application) =>
    environments
      .filter(({ name }) => application.environments === undefined || application.environments.includes(name))
      .map((environment) => ({ application, environment })),
  );
}

function label({ application, environment }: AppEnvironment): string {
  return `${application.name}-${environment.name}`;
}

function ambiguous(wanted: string, readings: AppEnvironment[]): AvalancheError {
  const named = readings.map(
    ({ application, environment }) =>
      `application "${application.name}" in environment "${environment.name}"`,
  );
  return new AvalancheError(
    'APP_AMBIGUOUS',
    `Cannot tell what "${wanted}" means: it may be ${named.join(' or ')}`,
    { readings: readings.map(label) },
  );
}

function unknown(wanted: string, state: string, nearest: string[], all: string[] = []): AvalancheError {
  const shown = wanted.length > longestShown ? `${wanted.slice(0, longestShown)}…` : wanted;
  const offered = (nearest.length > 0 ? nearest : all).slice(0, 5).map((name) => `"${name}"`);
  const offer = offered.length === 0 ? '' : ` (did you mean ${offered.join(' or ')}?)`;
  return new AvalancheError('APP_UNKNOWN', `Cannot find "${shown}": ${state}${offer}`, { nearest });
}
