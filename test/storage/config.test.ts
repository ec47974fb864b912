import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AvalancheError } from '../../storage/errors.ts';
import { readConfig, resolveAppEnvironment } from '../../storage/read-config.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'avalanche-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeConfig(text: string, name = 'avalanche.yaml'): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const read = (environment: NodeJS.ProcessEnv = {}, directory = folder) =>
  readConfig({ environment, directory });

/** The problems of the one error that is thrown, a line each. */
function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AvalancheError) || error.code !== 'CONFIG_INVALID') throw error;
    const [head, ...lines] = error.message.split('\n');
    expect(head).toMatch(/^Cannot use the configuration.*: \d+ problems? \(wanted none\)$/);
    return lines.map((line) => line.trim());
  }
  return [];
}

const problemsIn = (yaml: string, environment: NodeJS.ProcessEnv = {}) => {
  writeConfig(yaml);
  return problemsOf(() => read(environment));
};

const shop = `
environments:
  - name: prod
    logServers:
      - { kind: disk, root: logs, template: $app/$pod/perf.tar.gz }
applications:
  - name: shop
    environments: [prod]
    repository: { url: ../shop.git, containerRoot: /srv/app }
`;

describe('configuration', () => {
  test('is embedded and empty without a file', () => {
    const data = join(folder, '.avalanche');
    expect(read()).toMatchObject({
      file: null,
      databaseUrl: `embedded:${data}`,
      queueUrl: `embedded:${data}`,
      blobUrl: `file:${join(data, 'blobs')}`,
      workDirectory: join(data, 'work'),
      environments: [],
      applications: [],
      limits: { pods: 20, archiveBytes: 1024 ** 3 },
      slack: { mode: null, botToken: null, apiUrl: 'https://slack.com/api/', port: 3000 },
      health: { host: '127.0.0.1', port: null },
      explorer: { linkDays: 7, cacheBytes: 1024 ** 3, host: '127.0.0.1', port: null, keys: [] },
    });
  });

  test('reads the file, its paths from where it lies', () => {
    const file = writeConfig(shop);
    const config = read();
    expect(config.file).toBe(file);
    expect(config.environments[0]).toEqual({
      name: 'prod',
      clusters: [],
      logServers: [
        {
          kind: 'disk',
          root: join(folder, 'logs'),
          template: '$app/$pod/perf.tar.gz',
          maximumAgeMs: 1_200_000,
        },
      ],
    });
    expect(config.applications[0]).toEqual({
      name: 'shop',
      environments: ['prod'],
      repository: { url: join(folder, '..', 'shop.git'), containerRoot: '/srv/app', sourceRoot: '' },
      own: [],
    });
  });

  test.each([
    'https://git.acme.example/shop.git',
    'git@git.acme.example:shop.git',
    'ssh://git@host:22/shop.git',
  ])('leaves the repository %s as it is', (url) => {
    writeConfig(`applications: [{ name: shop, repository: { url: '${url}' } }]`);
    expect(read().applications[0]?.repository?.url).toBe(url);
  });

  test('is found upwards of the working directory, its data beside it', () => {
    const file = writeConfig(shop);
    const deep = join(folder, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    expect(read({}, deep)).toMatchObject({ file, databaseUrl: `embedded:${join(folder, '.avalanche')}` });
  });

  test('comes from AVALANCHE_CONFIG, and --config goes before it', () => {
    const [first, second] = [
      writeConfig('limits: { pods: 3 }', 'first.yaml'),
      writeConfig('limits: { pods: 4 }', 'second.yaml'),
    ];
    const environment = { AVALANCHE_CONFIG: 'first.yaml' };
    expect(read(environment)).toMatchObject({ file: first, limits: { pods: 3 } });
    expect(readConfig({ file: second, environment, directory: folder })).toMatchObject({
      file: second,
      limits: { pods: 4 },
    });
  });

  test('names a file that cannot be read', () => {
    expect(problemsOf(() => read({ AVALANCHE_CONFIG: 'gone.yaml' }))[0]).toMatch(/gone\.yaml: ENOENT/);
    expect(problemsOf(() => read({ AVALANCHE_CONFIG: '.' }))[0]).toMatch(/EISDIR/);
    expect(problemsOf(() => read({ AVALANCHE_CONFIG: '/dev/zero' }))).toEqual([
      '/dev/zero: it is larger than 1048576 bytes',
    ]);
  });

  test('takes the environment before the file', () => {
    writeConfig('database: mysql://bot@db/avalanche\njobs: redis://queue:6379\nblobs: file:pictures');
    expect(read()).toMatchObject({
      databaseUrl: 'mysql://bot@db/avalanche',
      queueUrl: 'redis://queue:6379',
      blobUrl: `file:${join(folder, 'pictures')}`,
    });
    const environment = {
      AVALANCHE_DATABASE_URL: 'mariadb://bot:s3cret@other/avalanche',
      AVALANCHE_QUEUE_URL: 'rediss://:p%40ss@queue:6380/4',
      AVALANCHE_BLOB_URL: 'file:///var/lib/blobs%20here',
      AVALANCHE_DATA: 'elsewhere',
    };
    expect(read(environment)).toMatchObject({
      databaseUrl: environment.AVALANCHE_DATABASE_URL,
      queueUrl: environment.AVALANCHE_QUEUE_URL,
      blobUrl: 'file:/var/lib/blobs here',
      workDirectory: join(folder, 'elsewhere', 'work'),
    });
  });

  test('keeps jobs in a Postgres database, unless it is told another place', () => {
    const url = 'postgresql://bot:hunter2@db/a';
    expect(read({ AVALANCHE_DATABASE_URL: url })).toMatchObject({ databaseUrl: url, queueUrl: url });
    expect(read({ AVALANCHE_DATABASE_URL: url, AVALANCHE_QUEUE_URL: 'redis://queue' }).queueUrl).toBe(
      'redis://queue',
    );
  });

  test('keeps embedded jobs beside an embedded database', () => {
    expect(read({ AVALANCHE_DATABASE_URL: 'embedded:one' }).queueUrl).toBe(`embedded:${join(folder, 'one')}`);
    expect(read({ AVALANCHE_DATABASE_URL: 'mysql://db/a' }).queueUrl).toBe(
      `embedded:${join(folder, '.avalanche')}`,
    );
    expect(
      problemsOf(() => read({ AVALANCHE_DATABASE_URL: 'embedded:one', AVALANCHE_QUEUE_URL: 'embedded:two' })),
    ).toEqual([
      `AVALANCHE_QUEUE_URL: found "embedded:${join(folder, 'two')}", wanted the database's folder, "embedded:${join(folder, 'one')}"`,
    ]);
  });

  test('lists every problem at once, with line, key, what was found and what is allowed', () => {
    const yaml = `databse: embedded
environments:
  - name: Prod
    logServers: []
  - name: test
    logServers:
      - { kind: disk, root: /logs, template: $app/perf.tar.gz, maximumAgeMs: 0 }
      - { kind: htpp, url: https://logs }
      - { kind: http, url: https://logs?a=1, template: $app/$pod, root: /logs, authorization: { scheme: token, variable: hunter2 } }
applications:
  - name: shop
    environments: [tset]
  - nmae: cart
  - name: bill
    repository: { url: ../bill, link: { kind: githup, web: javascript:alert(1) } }
limits: { pods: many, sampleCount: 1.5 }
`;
    expect(problemsIn(yaml, { PORT: '99999' })).toEqual([
      'avalanche.yaml:1:1 databse: unknown key (did you mean "database"?)',
      'avalanche.yaml:3:5 environments[0].name: found "Prod", wanted lower-case letters, digits and dashes, beginning and ending with a letter or digit',
      'avalanche.yaml:4:5 environments[0].logServers: found an empty list, wanted at least one of logServers and clusters',
      'avalanche.yaml:7:36 environments[1].logServers[0].template: found "$app/perf.tar.gz", wanted a path below root or url, without "..", that has $app and $pod in it',
      'avalanche.yaml:7:64 environments[1].logServers[0].maximumAgeMs: found 0, wanted a number, more than 0',
      'avalanche.yaml:8:11 environments[1].logServers[1].kind: found "htpp", wanted one of disk, http, s3 (did you mean "http"?)',
      'avalanche.yaml:9:23 environments[1].logServers[2].url: found "https://logs?a=1", wanted an address without user, password, "?" and "#" (see `authorization` for a login)',
      'avalanche.yaml:9:67 environments[1].logServers[2].root: unknown key, wanted one of kind, url, template, maximumAgeMs, authorization, timeoutMs, concurrency, bytesPerSecond',
      'avalanche.yaml:9:97 environments[1].logServers[2].authorization.scheme: found a value (not shown), wanted one of bearer, basic',
      'avalanche.yaml:9:112 environments[1].logServers[2].authorization.variable: found a value (not shown), wanted the name of an environment variable, in upper case',
      'avalanche.yaml:13:5 applications[1].name: found nothing, wanted text',
      'avalanche.yaml:13:5 applications[1].nmae: unknown key (did you mean "name"?)',
      'avalanche.yaml:15:41 applications[2].repository.link.kind: found "githup", wanted one of github, gitlab, gitea, bitbucket-cloud, bitbucket-server, azure-devops, gitiles, cgit, gitweb, template (did you mean "github"?)',
      'avalanche.yaml:15:55 applications[2].repository.link.web: found "javascript:alert(1)", wanted an address that begins with https:// or http://',
      'avalanche.yaml:16:11 limits.pods: found "many", wanted a number',
      'avalanche.yaml:16:23 limits.sampleCount: found 1.5, wanted a whole number',
      'PORT: found "99999", wanted a whole number from 0 to 65535',
    ]);
  });

  test('finds names that stand twice and environments that are not there', () => {
    const yaml = `${shop}    own: [cart]
  - name: shop
  - name: cart
    environments: [prod, prd]`;
    expect(problemsIn(yaml)).toEqual([
      'avalanche.yaml:11:5 applications[1].name: found "shop" again, wanted a name that only one of applications has',
      'avalanche.yaml:13:26 applications[2].environments[1]: found "prd", wanted the name of an environment (did you mean "prod"?)',
    ]);
  });

  test.each([
    ['a: [1', /^avalanche\.yaml:1:\d+: Flow sequence/],
    ['limits: {}\nlimits: {}', /^avalanche\.yaml:2:1: Map keys must be unique/],
    ['a: *gone', /^avalanche\.yaml:1:4: Alias \(\*\) of an anchor that is not there/],
    ['--- {}\n--- {}', /^avalanche\.yaml:2:1: .*multiple documents/],
    ['limits: !!python/object {}', /^avalanche\.yaml:1:9: Unresolved tag/],
    ['- a list', /^avalanche\.yaml:1:1: found a list, wanted keys and values/],
    ['just text', /^avalanche\.yaml:1:1: found "just text", wanted keys and values/],
  ])('says where the YAML %j is broken', (yaml, expected) => {
    expect(problemsIn(yaml)[0]).toMatch(expected);
  });

  test('is the default when the file is empty', () => {
    expect(problemsIn('# nothing yet\n')).toEqual([]);
  });

  test('is not brought down by hostile YAML', () => {
    const letters = 'bcdefghijk'.split('');
    const layers = letters.map((letter, n) => `${letter}: &${letter} [${`*${'abcdefghij'[n]},`.repeat(9)}]`);
    expect(problemsIn(`a: &a [x]\n${layers.join('\n')}`)[0]).toMatch(/Excessive alias count/);
    expect(problemsIn(`a: ${'['.repeat(50_000)}`).at(-1)).toMatch(/^and \d+ more$/);
    expect(problemsIn('applications: &self [*self]')).toEqual([
      expect.stringContaining('found a list, wanted keys and values'),
    ]);
    const polluting = problemsIn(
      '__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\nlimits: { __proto__: 1 }',
    );
    expect(polluting).toHaveLength(3);
    expect(polluting.every((line) => line.includes('unknown key'))).toBe(true);
    expect({}).not.toHaveProperty('polluted');
  });

  const bot = ['xo', 'xb-'].join('');
  test('refuses secrets in the file, and repeats none of them', () => {
    const secret = 'hunter2hunter2';
    const yaml = `database: mysql://bot:${secret}@db/avalanche
jobs: redis://:${secret}@queue/0
slack: { botToken: ${bot}${secret} }
apiToken: ${secret}
limits: { pods: ${bot}1-${secret} }
applications:
  - name: ${bot}2-${secret}
    repository: { url: 'https://bot:${secret}@git.acme.example/shop.git' }
    revision: 5
    password: ${secret}
    ${bot}3-${secret}: true
`;
    const problems = problemsIn(yaml, { SLACK_API_URL: `https://user:${secret}@host/` });
    expect(problems.join()).not.toContain(secret);
    for (const line of [1, 2, 3, 5, 7, 8]) {
      expect(problems).toContainEqual(
        expect.stringMatching(
          new RegExp(`^avalanche\\.yaml:${line}:\\d+: found a password or token.*environment variable`),
        ),
      );
    }
    expect(problems).toContainEqual(expect.stringMatching(/^avalanche\.yaml:4:1 apiToken: found a secret/));
    expect(problems).toContainEqual(
      expect.stringMatching(/^avalanche\.yaml:10:5 applications\[0\]\.password: found a secret/),
    );
  });

  test('repeats no secret of a broken file', () => {
    expect(problemsIn('database: "mysql://bot:hunter2@db/a\njobs: [').join()).not.toContain('hunter2');
    for (const yaml of [
      'a: *hunter2',
      'a: !hunter2',
      '%hunter2',
      'a: "x" hunter2',
      'a: b: hunter2',
      '@hunter2: x',
      'a: >hunter2',
    ]) {
      const problems = problemsIn(yaml);
      expect(problems).not.toEqual([]);
      expect(problems.join()).not.toContain('hunter2');
    }
  });

  test.each([
    [
      'AVALANCHE_DATABASE_URL',
      'oracle://bot@db/a',
      /found a URL that begins with "oracle:", wanted one of embedded, mysql:\/\/…, mariadb:\/\/…, postgres:\/\/…, postgresql:\/\/…$/,
    ],
    [
      'AVALANCHE_DATABASE_URL',
      'mysqll://bot:hunter2@db/a',
      /found a value that is none of them \(not shown\), wanted .* \(did you mean "mysql"\?\)$/,
    ],
    ['AVALANCHE_DATABASE_URL', 'mysql://bot:hunter2@db', /names no database/],
    ['AVALANCHE_DATABASE_URL', 'mysql://bot:hunter2@db:x/a', /is no URL/],
    ['AVALANCHE_DATABASE_URL', 'postgres://bot:hunter2@db', /names no database/],
    ['AVALANCHE_DATABASE_URL', 'postgresql://db/a', /names no user/],
    [
      'AVALANCHE_DATABASE_URL',
      'postgres://bot:hunter2@db/a?sslmode=prefer',
      /sslmode is "prefer" and may be/,
    ],
    ['AVALANCHE_DATABASE_URL', 'hunter2 hunter2', /not shown/],
    ['AVALANCHE_DATABASE_URL', 'embeded', /found "embeded", wanted .*did you mean "embedded"/],
    [
      'AVALANCHE_QUEUE_URL',
      'amqp://bot:hunter2@db/a',
      /not shown\), wanted one of embedded, redis:\/\/…, rediss:\/\/…, redis\+sentinel:\/\/…, redis\+cluster:\/\/…, postgres:/,
    ],
    ['AVALANCHE_QUEUE_URL', 'postgres://bot:hunter2@db', /names no database/],
    ['AVALANCHE_QUEUE_URL', 'redis://:hunter2@queue/name', /its database is no number/],
    ['AVALANCHE_QUEUE_URL', 'redis://queue?password=hunter2', /it has a \?, which a password needs as %3F/],
    ['AVALANCHE_QUEUE_URL', 'redis://:hunter2#3@queue', /has a # or @ that is not encoded/],
    ['AVALANCHE_QUEUE_URL', 'redis://:hunter2%zz@queue', /two hexadecimal digits/],
    ['AVALANCHE_QUEUE_URL', 'redis://', /names no host/],
    ['AVALANCHE_QUEUE_URL', 'redis://:hunter2@a:1,b:2', /several hosts, as redis\+sentinel:/],
    ['AVALANCHE_QUEUE_URL', 'redis+sentinel://:hunter2@a:26379,b:26379', /does not name the master/],
    ['AVALANCHE_QUEUE_URL', 'redis+sentinel://:hunter2@a/jobs/first', /its database is no number/],
    ['AVALANCHE_QUEUE_URL', 'rediss+sentinel://a:26379,:hunter2/jobs', /one of its hosts is empty/],
    ['AVALANCHE_QUEUE_URL', 'redis+sentinel://a/jobs?pass=hunter2', /other than sentinel-user and/],
    ['AVALANCHE_QUEUE_URL', 'redis+cluster://:hunter2@a:1,b:99999', /no host with a port up to 65535/],
    ['AVALANCHE_QUEUE_URL', 'redis+cluster://:hunter2@a:1,b:2/3', /no databases but number 0/],
    ['AVALANCHE_QUEUE_URL', 'redis+clutser://:hunter2@a:1,b:2', /not shown\).*did you mean "redis\+cluster"/],
    ['AVALANCHE_BLOB_URL', 's3://id:hunter2@bucket/blobs', /it holds a login .*AWS_SECRET_ACCESS_KEY/],
    ['AVALANCHE_BLOB_URL', 's3:///hunter2', /it names no bucket/],
    ['AVALANCHE_BLOB_URL', 's3://host:9000/hunter2', /has a port: a server is named by endpoint/],
    ['AVALANCHE_BLOB_URL', 's3://bucket/hunter2//x', /its prefix is not made of/],
    ['AVALANCHE_BLOB_URL', 's3://bucket?endpoint=hunter2', /its endpoint is no plain https:/],
    ['AVALANCHE_BLOB_URL', 's3://bucket?endpoint=https://a:hunter2@host', /its endpoint is no plain https:/],
    [
      'AVALANCHE_BLOB_URL',
      's3://bucket?secret_key=hunter2',
      /none of endpoint, region, path-style: "secret_key"/,
    ],
    ['AVALANCHE_BLOB_URL', 's3://bucket?path-style=hunter2', /path-style is neither/],
    ['AVALANCHE_BLOB_URL', 's3://bucket?region=hunter2%0a', /its region is not made of/],
    ['AVALANCHE_BLOB_URL', '/var/blobs', /wanted one of file:FOLDER, s3:\/\/BUCKET\/PREFIX/],
    ['AVALANCHE_BLOB_URL', 'file://host/blobs', /wanted file:FOLDER or file:\/\/\/FOLDER/],
    ['SLACK_BOT_TOKEN', 'hunter2', /does not begin with xoxb-/],
    ['SLACK_APP_TOKEN', 'hunter2', /does not begin with xapp-/],
    ['SLACK_API_URL', 'slack.com', /found "slack.com", wanted an address like https:\/\/slack\.com\/api\//],
    ['PORT', '-1', /found "-1", wanted a whole number from 0 to 65535/],
    ['AVALANCHE_LOG_LEVEL', 'warm', /found "warm", wanted one of trace, .* \(did you mean "warn"\?\)/],
    ['AVALANCHE_DATABSE_URL', 'x', /unknown variable \(did you mean "AVALANCHE_DATABASE_URL"\?\)/],
  ])('refuses %s=%s', (name, value, expected) => {
    const problems = problemsOf(() => read({ [name]: value }));
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${name}: .*${expected.source}`)));
    expect(problems.join()).not.toContain('hunter2');
  });

  test('leaves variables alone that are nothing like ours', () => {
    expect(
      problemsOf(() => read({ AVALANCHE_SOMETHING_ELSE: 'x', AVALANCHE: 'x', DATABASE_URL: 'postgres://x' })),
    ).toEqual([]);
  });

  test('takes a variable that is set to nothing for one that is not set', () => {
    expect(problemsOf(() => read({ AVALANCHE_DATABASE_URL: '', PORT: ' ', SLACK_BOT_TOKEN: '' }))).toEqual(
      [],
    );
  });

  test('chooses how to hear from Slack by what is given', () => {
    const token = `${bot}1-abc`;
    expect(read({ SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: 'xapp-1' }).slack.mode).toBe('socket');
    expect(read({ SLACK_BOT_TOKEN: token, SLACK_SIGNING_SECRET: 's' }).slack.mode).toBe('http');
    expect(
      read({ SLACK_BOT_TOKEN: token, SLACK_SIGNING_SECRET: 's', SLACK_APP_TOKEN: 'xapp-1' }).slack.mode,
    ).toBe('socket');
    expect(problemsOf(() => read({ SLACK_BOT_TOKEN: token }))).toEqual([
      expect.stringContaining('SLACK_APP_TOKEN: found nothing'),
    ]);
    expect(problemsOf(() => read({ SLACK_APP_TOKEN: 'xapp-1' }))).toEqual([
      expect.stringContaining('SLACK_BOT_TOKEN: found nothing'),
    ]);
    expect(read({ SLACK_API_URL: 'http://127.0.0.1:4000/api' }).slack.apiUrl).toBe(
      'http://127.0.0.1:4000/api/',
    );
    expect(read({ PORT: '0' }).slack.port).toBe(0);
  });
});

describe('app-env', () => {
  type Names = { applications: [name: string, environments?: string[]][]; environments: string[] };
  const configOf = ({ applications, environments }: Names) => ({
    environments: environments.map((name) => ({ name, logServers: [], clusters: [] })),
    applications: applications.map(([name, own]) => ({ name, own: [], ...(own && { environments: own }) })),
  });
  const resolveIn = (names: Names, text: string, environment?: string) => {
    const found = resolveAppEnvironment(configOf(names), text, environment);
    return `${found.application.name} in ${found.environment.name}`;
  };
  const plain: Names = {
    applications: [['shop'], ['web-shop', ['prod']]],
    environments: ['prod', 'pre-prod'],
  };
  const twofold: Names = { applications: [['a'], ['a-b'], ['a-b-c', ['c']]], environments: ['c', 'b-c'] };

  test('is split at the right dash', () => {
    expect(resolveIn(plain, 'shop-prod')).toBe('shop in prod');
    expect(resolveIn(plain, 'shop-pre-prod')).toBe('shop in pre-prod');
    expect(resolveIn(plain, ' Web-Shop-PROD ')).toBe('web-shop in prod');
  });

  test('may be the application alone when it runs in one environment', () => {
    expect(resolveIn(plain, 'web-shop')).toBe('web-shop in prod');
    expect(() => resolveIn(plain, 'shop')).toThrow(
      'Cannot find "shop": the environment is missing (did you mean "shop-prod" or "shop-pre-prod"?)',
    );
  });

  test('names both readings when there are two', () => {
    expect(() => resolveIn(twofold, 'a-b-c')).toThrow(
      expect.objectContaining({
        code: 'APP_AMBIGUOUS',
        message:
          'Cannot tell what "a-b-c" means: it may be application "a" in environment "b-c" or application "a-b" in environment "c"',
      }),
    );
  });

  test('is settled by naming the environment', () => {
    expect(resolveIn(twofold, 'a-b-c', 'b-c')).toBe('a in b-c');
    expect(resolveIn(twofold, 'a-b', 'c')).toBe('a-b in c');
    expect(resolveIn(twofold, 'a-b-c', 'c')).toBe('a-b-c in c');
    expect(resolveIn(plain, 'shop', 'Pre-Prod')).toBe('shop in pre-prod');
  });

  test.each([
    [
      'shpo-prod',
      undefined,
      'Cannot find "shpo-prod": there is no such application and environment (did you mean "shop-prod"?)',
    ],
    [
      'web-shop-pre-prod',
      undefined,
      /^Cannot find "web-shop-pre-prod": there is no such application and environment \(did you mean .*"shop-pre-prod"/,
    ],
    ['qqqqqqqq', undefined, 'Cannot find "qqqqqqqq": there is no such application and environment'],
    ['shop', 'prdo', 'Cannot find "prdo": there is no such environment (did you mean "prod"?)'],
    ['shop', 'qqqq', 'Cannot find "qqqq": there is no such environment (did you mean "prod" or "pre-prod"?)'],
    [
      'web-shop',
      'pre-prod',
      'Cannot find "web-shop": no such application runs in "pre-prod" (did you mean "web-shop-prod"?)',
    ],
    ['shpo', 'prod', 'Cannot find "shpo": no such application runs in "prod" (did you mean "shop"?)'],
  ])('offers the nearest names for %s with --env %s', (text, environment, message) => {
    const run = () => resolveIn(plain, text, environment);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: 'APP_UNKNOWN' }));
  });

  test('does not shout back what is too long', () => {
    expect(() => resolveIn(plain, 'x'.repeat(100_000))).toThrow(/^.{1,200}$/);
  });

  const name = fc.stringMatching(/^[ab](-?[ab]){0,3}$/);
  const names = fc.record({
    applications: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    environments: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
  });

  test('means one pair, several or none, for any names with dashes', () => {
    fc.assert(
      fc.property(names, fc.nat(), fc.nat(), ({ applications, environments }, a, e) => {
        const config: Names = { applications: applications.map((one) => [one]), environments };
        const application = applications[a % applications.length]!;
        const environment = environments[e % environments.length]!;
        const text = `${application}-${environment}`;
        const readings = applications.flatMap((one) =>
          environments.filter((other) => `${one}-${other}` === text),
        );
        if (readings.length === 1) expect(resolveIn(config, text)).toBe(`${application} in ${environment}`);
        else
          expect(() => resolveIn(config, text)).toThrow(expect.objectContaining({ code: 'APP_AMBIGUOUS' }));
        expect(resolveIn(config, application, environment)).toBe(`${application} in ${environment}`);
      }),
    );
  });
});
