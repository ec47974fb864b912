import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import setUp from '../support/prerequisites.ts';
import { type FaultReport, runFaults } from './run-faults.ts';

// `npm run test:faults`: commands from many channels while everything that can die does, and what became of each.

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    commands: { type: 'string', default: '1000' },
    channels: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '300' },
  },
});

const logFolder = fileURLToPath(new URL('../output/faults/', import.meta.url));
const seed = Number(values.seed ?? Date.now() % 1_000_000);

setUp();
await rm(logFolder, { recursive: true, force: true });
console.log(`seed ${seed} (the same again: npm run test:faults -- --seed ${seed}); logs in ${logFolder}`);
const report = await runFaults({
  seed,
  commands: Number(values.commands),
  channels: Number(values.channels),
  durationMs: Number(values.seconds) * 1_000,
  settleMs: 240_000,
  bots: 2,
  workers: 2,
  logFolder,
  measuresQueue: true,
  tell: (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`),
});
console.log(describe(report));
process.exitCode = isKept(report) ? 0 : 1;

function describe(report: FaultReport): string {
  const { endings, troubles, ackMs, queue } = report;
  const counts = (of: Record<string, number>) =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return [
    `commands        ${report.commands}: ${counts(endings)}`,
    `troubles        ${counts(troubles)}`,
    `doubled         ${report.doubledInWindow} results in the documented window, ${report.doubledOtherwise.length} otherwise`,
    `progress left   ${report.progressLeft} first signs of life beside their result`,
    `longest wait    ${(report.longestWaitMs / 1_000).toFixed(1)} s`,
    `acknowledged    p50 ${ackMs.p50} ms, p99 ${ackMs.p99} ms, longest ${ackMs.longest} ms`,
    `left over       jobs: ${counts(report.jobsLeft)}; files: ${report.filesLeft.join(', ') || 'none'}`,
    `stopped         within ${(report.slowestStopMs / 1_000).toFixed(1)} s, ${report.badExits.length} badly`,
    ...(queue === null
      ? []
      : [
          `jobs a second   ${Math.round(queue.ours)}, bare BullMQ ${Math.round(queue.bare)}: ${Math.round((100 * queue.ours) / queue.bare)} %`,
        ]),
    ...report.lost.map((line) => `LOST            ${line}`),
    ...report.doubledOtherwise.map((line) => `DOUBLED         ${line}`),
  ].join('\n');
}

function isKept({ endings, doubledOtherwise, jobsLeft, filesLeft, badExits }: FaultReport): boolean {
  const isTidy = Object.keys(jobsLeft).length === 0 && filesLeft.length === 0;
  return endings.lost === 0 && doubledOtherwise.length === 0 && isTidy && badExits.length === 0;
}
