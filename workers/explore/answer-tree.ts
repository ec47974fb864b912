import { buildCallTree, type CallTree, NO_FRAME } from '../../storage/profile/call-tree.ts';
import { buildCallerTree } from '../../storage/profile/caller-tree.ts';
import { NO_STACK, type Selection } from '../../storage/profile/profile.ts';
import { pruneTree } from '../../storage/profile/prune-tree.ts';
import { selectSamples } from '../../storage/profile/selection.ts';
import type { Question, TreeAnswer, TreeKind } from '../exploration.ts';
import type { LoadedRecording } from './loaded-recording.ts';
import { toSelection } from './part.ts';
import { type Found, searchFrames } from './search-frames.ts';
import { collectLabels } from './tree-labels.ts';

/** Narrower than a third of a px on a screen of 1,400 px. */
export const narrowestRatio = 1 / 4000;
/** What a phone draws in a twentieth of a second. */
export const mostTreeRows = 5000;

/** The call tree of a part, or its inverse, as far as it can be seen at a zoom. */
export function answerTree(
  recording: LoadedRecording,
  rankOf: (name: string) => number,
  question: Extract<Question, { ask: 'tree' }>,
): TreeAnswer {
  const { profile, anatomy } = recording;
  const selection = toSelection(question.part);
  const found = searchFrames(recording, question.search);
  const tree = buildTree(recording, question.kind, selection);
  const zoom = question.zoom < tree.parent.length ? question.zoom : 0;
  const rows = pruneTree(tree, { zoom, minimumRatio: narrowestRatio, mostRows: mostTreeRows });
  const labels = collectLabels(rows, {
    frameOf: (row) => tree.frame[row]!,
    describe: (row) => {
      const frame = tree.frame[row]!;
      const its = frame === NO_FRAME ? undefined : anatomy[frame];
      if (its === undefined)
        return { name: tree.name(row), file: '', category: 'unknown', mark: 0, isMatch: false };
      const { name, file, line, category } = its;
      const place = file !== '' && line > 0 ? `${file}:${line}` : file;
      return { name, file: place, category, mark: rankOf(name), isMatch: found?.frames[frame] === 1 };
    },
  });
  return {
    kind: question.kind,
    ...pickRows(tree, rows),
    ...labels,
    baseline: null,
    isAboveNoise: null,
    zoomed: rows.indexOf(zoom),
    sampleCount: tree.total[0]!,
    matchedRatio:
      found === null ? null : sumMatched(recording, selection, found) / Math.max(1, tree.total[0]!),
    prunedCount: tree.parent.length - rows.length,
    baselineName: null,
    remarks: profile.samples.timeMs.length === 0 ? ['the recording is empty'] : [],
  };
}

/** The tree asked for last is likely the one asked for next: a zoom or a search changes nothing in it. */
function buildTree(recording: LoadedRecording, kind: TreeKind, selection: Selection): CallTree {
  const asked = JSON.stringify([kind, selection]);
  const known = recording.kept.get('tree') as { asked: string; tree: CallTree } | undefined;
  if (known?.asked === asked) return known.tree;
  const tree =
    kind === 'callers'
      ? buildCallerTree(recording.profile, selection)
      : buildCallTree(recording.profile, selection, { groupByComm: true });
  recording.kept.set('tree', { asked, tree });
  return tree;
}

/** The columns of some rows of a tree, whose callers are among them. */
export function pickRows(
  { parent, total, self }: Pick<CallTree, 'parent' | 'total' | 'self'>,
  rows: Uint32Array,
): Pick<TreeAnswer, 'parent' | 'total' | 'self' | 'id'> {
  const newRow = new Int32Array(parent.length);
  for (const [at, row] of rows.entries()) newRow[row] = at;
  return {
    parent: Array.from(rows, (row) => (row === 0 ? -1 : newRow[parent[row]!]!)),
    total: Array.from(rows, (row) => total[row]!),
    self: Array.from(rows, (row) => self[row]!),
    id: Array.from(rows),
  };
}

function sumMatched({ profile }: LoadedRecording, selection: Selection, { stacks }: Found): number {
  const { stack, count } = profile.samples;
  let sum = 0;
  for (const row of selectSamples(profile, selection)) {
    if (stack[row] !== NO_STACK && stacks[stack[row]!] === 1) sum += count[row]!;
  }
  return sum;
}
