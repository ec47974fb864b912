import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A program that is run and the file that comes of it; all paths are relative to the program's folder, or absolute. */
export type Recorder = {
  /** How the recording's name ends. */
  ending: string;
  /** Commands, one after the other, in the folder of the program; each ends by itself. `output` is written at last. */
  commands(run: readonly string[], output: string): string[][];
};

const rateHz = '499';
const fields = 'comm,pid,tid,time,period,event,ip,sym,dso';

/** `perf script` writes to standard output, which goes to the output. */
export const toOutput = '>';

function perf(callGraph: string): Recorder {
  return {
    ending: 'perf.txt',
    commands: (run) => [
      [
        ...[
          'perf',
          'record',
          '-q',
          '-e',
          'cpu-clock',
          '-F',
          rateHz,
          '--call-graph',
          callGraph,
          '-o',
          'perf.data',
        ],
        ...['--', ...run],
      ],
      [toOutput, 'perf', 'script', '-i', 'perf.data', '-F', fields],
    ],
  };
}

export const recorders: Record<string, Recorder> = {
  perf: perf('fp'),
  'perf-dwarf': perf('dwarf,16384'),
  /** CPython's JIT dump, whose trampolines only DWARF can walk. */
  'perf-jit': {
    ending: 'perf.txt',
    commands: (run) => [
      [
        ...[
          'perf',
          'record',
          '-q',
          '-k',
          'mono',
          '-e',
          'cpu-clock',
          '-F',
          '299',
          '--call-graph',
          'dwarf,24576',
        ],
        ...['-o', 'perf.data', '--', ...run],
      ],
      ['perf', 'inject', '-i', 'perf.data', '--jit', '-o', 'perf.jit.data'],
      [toOutput, 'perf', 'script', '--no-inline', '-i', 'perf.jit.data', '-F', fields],
    ],
  },
  pprof: { ending: 'pb', commands: (run, output) => [[...run, '-profile', output]] },
  jfr: {
    ending: 'jfr',
    commands: ([java = '', ...rest], output) => [
      [java, `-XX:StartFlightRecording=settings=${sibling('samples.jfc')},filename=${output}`, ...rest],
    ],
  },
  cpuprofile: {
    ending: 'cpuprofile',
    commands: ([node = '', ...rest], output) => [
      [node, '--cpu-prof', '--cpu-prof-interval=2000', `--cpu-prof-name=${basename(output)}`, ...rest],
    ],
  },
  'py-spy': {
    ending: 'folded',
    commands: (run, output) => [
      [known('PY_SPY', 'py-spy'), 'record', '-r', '250', '-f', 'raw', '-o', output, '--', ...run],
    ],
  },
};

type Program = {
  /** In the folder of the program. */
  build: string[][];
  run(recorder: string): string[];
};

const rustFlags = ['-C', 'opt-level=2', '-C', 'debuginfo=1', '-C', 'force-frame-pointers=yes'];

export const programs: Record<string, Program> = {
  go: { build: [['go', 'build', '-o', 'orders', '.']], run: () => ['./orders'] },
  java: {
    build: [['sh', '-c', 'javac -g -d classes $(find src -name "*.java")']],
    run: (recorder) => [
      known('JAVA', 'java'),
      ...['-Xmx512m', '-XX:+UseSerialGC'],
      ...(recorder === 'perf'
        ? ['-XX:+PreserveFramePointer', '-XX:+UnlockDiagnosticVMOptions', '-XX:+DumpPerfMapAtExit']
        : []),
      ...['-cp', 'classes', 'com.acme.ledger.Main'],
    ],
  },
  node: {
    build: [],
    run: (recorder) => [
      known('NODE', 'node'),
      ...(recorder === 'perf' ? ['--perf-basic-prof', '--interpreted-frames-native-stack'] : []),
      'main.mjs',
    ],
  },
  python: {
    build: [],
    run: (recorder) => [
      known('PYTHON', 'python3.13'),
      ...(recorder === 'perf-jit' ? ['-X', 'perf_jit'] : []),
      'main.py',
    ],
  },
  cpp: {
    build: [['sh', '-c', 'g++ -std=c++20 -O2 -g -fno-omit-frame-pointer -pthread -o indexer src/*.cpp']],
    run: () => ['./indexer'],
  },
  rust: {
    build: [['rustc', '--edition=2021', ...rustFlags, '-o', 'gateway', 'src/main.rs']],
    run: () => ['./gateway'],
  },
  mixed: {
    build: [['sh', '-c', 'gcc -O2 -g -fno-omit-frame-pointer -shared -fPIC -o libscore.so native/*.c -lm']],
    run: () => [known('PYTHON', 'python3.13'), '-X', 'perf_jit', 'main.py'],
  },
};

/** Runtimes of a certain version are named by the environment. */
function known(variable: string, usual: string): string {
  const named = process.env[variable];
  if (named !== undefined && !existsSync(named))
    throw new Error(`Cannot use ${variable}: no file "${named}"`);
  return named ?? usual;
}

function sibling(name: string): string {
  return join(import.meta.dirname, name);
}
