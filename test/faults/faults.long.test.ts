import { keepsItsWord } from './keeps-its-word.ts';

keepsItsWord('long', { commands: 60, channels: 20, durationMs: 20_000, bots: 2, workers: 2 });
