import { keepsItsWord } from './keeps-its-word.ts';

keepsItsWord('short', { commands: 20, channels: 10, durationMs: 6_000, bots: 2, workers: 1 });
