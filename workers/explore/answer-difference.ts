import { changeOf } from '../../storage/profile/difference.ts';
import type { Selection } from '../../storage/profile/profile.ts';
import { pruneTree } from '../../storage/profile/prune-tree.ts';
import type { Question, TopAnswer, TreeAnswer } from '../exploration.ts';
import { type Comparison, compareRecordings, shownName } from '../snapshot/compare-recordings.ts';
import { mostTopRows } from './answer-top.ts';
import { mostTreeRows, narrowestRatio, pickRows } from './answer-tree.ts';
import { findMatches } from './find-matches.ts';
import { type LoadedRecording, type RecordingFacts, toRepository } from './loaded-recording.ts';
import { toSelection } from './part.ts';
import { collectLabels } from './tree-labels.ts';

type Compared = {
  recording: LoadedRecording;
  facts: RecordingFacts;
  baseline: LoadedRecording;
  name: string;
};

/** The differential tree against the whole of the baseline; values are shares of each side's samples. */
export function answerDifference(
  compared: Compared,
  rankOf: (name: string) => number,
  question: Extract<Question, { ask: 'tree' }>,
): TreeAnswer {
  const comparison = compare(compared, toSelection(question.part));
  const { difference } = comparison;
  const { before, after, parent } = difference;
  const share = (values: Float64Array, unit: number) => values.map((value) => value * unit);
  const total = share(after.total, after.unit);
  const self = share(after.self, after.unit);
  const baseline = share(before.total, before.unit);
  const zoom = question.zoom < parent.length ? question.zoom : 0;
  const size = total.map((value, row) => Math.max(value, baseline[row]!));
  const rows = pruneTree(
    { parent, total },
    { zoom, minimumRatio: narrowestRatio, mostRows: mostTreeRows, size },
  );
  const nameOf = (row: number) => {
    const anatomy = comparison.anatomyOf(row);
    return anatomy === null ? difference.name(row) : shownName(anatomy);
  };
  const names = Array.from(rows, nameOf);
  const matches = question.search === '' ? null : findMatches(question.search, names);
  const matchOfRow = new Map(Array.from(rows, (row, at) => [row, matches?.[at] === 1]));
  const labels = collectLabels(rows, {
    frameOf: (row) => (row === 0 ? -1 : difference.key[row]!),
    describe: (row) => ({
      name: nameOf(row),
      file: comparison.anatomyOf(row)?.file ?? '',
      category: comparison.anatomyOf(row)?.category ?? 'unknown',
      mark: comparison.anatomyOf(row) === null ? 0 : rankOf(nameOf(row)),
      isMatch: matchOfRow.get(row)!,
    }),
  });
  return {
    kind: 'difference',
    ...pickRows({ parent, total, self }, rows),
    ...labels,
    baseline: Array.from(rows, (row) => baseline[row]!),
    isAboveNoise: Array.from(rows, (row) =>
      Number(changeOf(difference, { before: before.total[row]!, after: after.total[row]! }).isAboveNoise),
    ),
    zoomed: rows.indexOf(zoom),
    sampleCount: comparison.after.sampleCount,
    // A share of a difference is none of anything.
    matchedRatio: null,
    prunedCount: parent.length - rows.length,
    baselineName: comparison.before.name,
    remarks: comparison.remarks,
  };
}

/** Functions by what became of them. */
export function answerChanges(
  compared: Compared,
  rankOf: (name: string) => number,
  question: Extract<Question, { ask: 'top' }>,
): TopAnswer {
  const { functions, after } = compare(compared, toSelection(question.part));
  const texts = functions.map(({ name, file }) => `${name}\n${file}`);
  const matches = question.search === '' ? null : findMatches(question.search, texts);
  const found = functions.filter((_, at) => matches === null || matches[at] === 1);
  return {
    sampleCount: after.sampleCount,
    functionCount: found.length,
    rows: found.slice(0, mostTopRows).map(({ name, file, category, self, total }) => ({
      name,
      file,
      category,
      mark: rankOf(name),
      self: self.after.value,
      total: total.after.value,
      baselineSelf: self.before.value,
      baselineTotal: total.before.value,
      isAboveNoise: self.isAboveNoise || total.isAboveNoise,
    })),
  };
}

function compare({ recording, facts, baseline, name }: Compared, selection: Selection): Comparison {
  const asked = JSON.stringify(selection);
  const known = recording.kept.get('difference') as { asked: string; comparison: Comparison } | undefined;
  if (known?.asked === asked) return known.comparison;
  const { fromMs, toMs, pods, tids, ...kind } = selection;
  const application =
    facts.application === null
      ? null
      : { own: facts.application.own, repository: toRepository(facts.application) };
  const comparison = compareRecordings(
    // Pods, threads and times of another day are others; what they are called stays.
    { profile: baseline.recorded, selections: [kind], name },
    { profile: recording.recorded, selections: [selection], name: 'this recording' },
    { application, normalizedBy: 'samples' },
  );
  recording.kept.set('difference', { asked, comparison });
  return comparison;
}
