import { chromeTrace } from './chrome-trace.ts';
import { cpuprofile } from './cpuprofile.ts';
import { folded } from './folded.ts';
import type { RecordingFormat } from './format.ts';
import { jfr } from './jfr.ts';
import { otlp } from './otlp.ts';
import { perfData } from './perf-data.ts';
import { perfScript } from './perf-script.ts';
import { pprof } from './pprof.ts';
import { speedscope } from './speedscope.ts';

/**
 * Every format that is read, in the order in which they are tried: those with the surest marks first. Those that
 * need packages load them when they read: for a short recording, loading all takes longer than reading it.
 */
export const formats: readonly RecordingFormat[] = [
  perfData,
  jfr,
  pprof,
  otlp,
  cpuprofile,
  speedscope,
  chromeTrace,
  perfScript,
  folded,
];
