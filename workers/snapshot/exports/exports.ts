import type { ProfileExport } from './export.ts';
import { foldedExport } from './folded.ts';
import { perfScriptExport } from './perf-script.ts';
import { pprofExport } from './pprof.ts';
import { speedscopeExport } from './speedscope.ts';

/** Every format that is written. To add one: a file here and a line in this table. */
export const exports: readonly ProfileExport[] = [
  pprofExport,
  speedscopeExport,
  foldedExport,
  perfScriptExport,
];
