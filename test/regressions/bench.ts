// How well suspects are found, case by case: see docs/suspects.md.
import { findRecording } from './case-recordings.ts';
import { readCases } from './read-case.ts';
import { type CaseScore, isQuiet, scoreCase, sumUp } from './score-cases.ts';

const [wanted = '', mode = ''] = process.argv.slice(2);
const scores: CaseScore[] = [];
for (const one of readCases()) {
  if (!one.name.startsWith(wanted) || findRecording(one.name, 'after') === null) continue;
  const score = await scoreCase(one);
  scores.push(score);
  if (mode === '--explain') explain(score);
}
printTable(scores);
printRates();

function printTable(rows: readonly CaseScore[]): void {
  const head = ['case', 'planted', 'function', 'commit', 'confidence', 'ms', 'hottest own', 'original'];
  console.log(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`);
  for (const score of rows) {
    const { name, kind, functionRank, commitRank, confidence, ms, hottestRank, originalRank } = score;
    const ranks = isQuiet(score) ? ['', ''] : [rank(functionRank), rank(commitRank)];
    const others = isQuiet(score) ? ['', ''] : [rank(hottestRank), rank(originalRank)];
    const cells = [name, kind, ...ranks, confidence ?? 'nobody named', Math.round(ms), ...others];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function rank(value: number | null): string {
  return value === null ? 'not named' : String(value);
}

function printRates(): void {
  const rates = sumUp(scores);
  const of = (count: number, all: number) =>
    `${count} of ${all} (${Math.round((100 * count) / Math.max(1, all))} %)`;
  const { cases } = rates;
  console.log(`
|                      | Avalanche | hottest own function | original |
| -------------------- | --------- | -------------------- | -------- |
| function first       | ${[rates.first, rates.hottestFirst, rates.originalFirst].map((count) => of(count, cases)).join(' | ')} |
| function among three | ${[rates.topThree, rates.hottestTopThree, rates.originalTopThree].map((count) => of(count, cases)).join(' | ')} |
| commit first         | ${of(rates.commitFirst, cases)} | | |
| false alarms         | ${of(rates.falseAlarms, rates.quietCases)} | | |`);
}

function explain({ name, verdict, suspects }: CaseScore): void {
  console.log(`\n${name}: ${verdict}`);
  for (const suspect of suspects) {
    const { rank, function: named, file, line, share, baselineShare, confidence, commit, evidence } = suspect;
    const before = baselineShare === null ? '' : ` from ${(100 * baselineShare).toFixed(1)} %`;
    console.log(`  ${rank}. ${named} ${file}:${line} ${(100 * share).toFixed(1)} %${before} ${confidence}`);
    console.log(`     ${commit?.subject ?? 'no commit'}\n     ${evidence.join('\n     ')}`);
  }
}
