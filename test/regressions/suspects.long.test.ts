import { beforeAll, describe, expect, test } from 'vitest';
import { findRecording } from './case-recordings.ts';
import { readCases } from './read-case.ts';
import { type CaseScore, scoreCase, sumUp } from './score-cases.ts';

const cases = readCases();

describe(`suspects in ${cases.length} recorded pairs`, () => {
  let scores: CaseScore[];
  beforeAll(async () => {
    scores = [];
    for (const one of cases) scores.push(await scoreCase(one));
  }, 600_000);

  test('every case has its two recordings', () => {
    for (const { name } of cases) {
      for (const side of ['before', 'after'] as const) expect(findRecording(name, side), name).not.toBeNull();
    }
  });

  test('the guilty function is first in nine of ten', () => {
    const { cases: planted, first } = sumUp(scores);
    expect(planted).toBeGreaterThanOrEqual(24);
    expect(first / planted).toBeGreaterThanOrEqual(0.9);
  });

  test('the guilty function is among three in 98 of 100', () => {
    const { cases: planted, topThree } = sumUp(scores);
    expect(topThree / planted).toBeGreaterThanOrEqual(0.98);
  });

  test('the guilty commit is first in eight of ten', () => {
    const { cases: planted, commitFirst } = sumUp(scores);
    expect(commitFirst / planted).toBeGreaterThanOrEqual(0.8);
  });

  test('nobody is accused where nothing was planted', () => {
    const { quietCases, falseAlarms } = sumUp(scores);
    expect(quietCases).toBeGreaterThanOrEqual(6);
    expect(falseAlarms).toBe(0);
  });
});
