import { gzipSync } from 'node:zlib';
import { AvalancheError } from '../../storage/errors.ts';
import type { DownloadFormat, EncodedAnswer, Question } from '../exploration.ts';
import { exports } from '../snapshot/exports/exports.ts';
import { findSnapshotBursts } from '../snapshot/snapshot-bursts.ts';
import { answerChanges, answerDifference } from './answer-difference.ts';
import { answerFacts } from './answer-facts.ts';
import { answerHeatmap } from './answer-heatmap.ts';
import { answerTimeline } from './answer-timeline.ts';
import { answerTop } from './answer-top.ts';
import { answerTree } from './answer-tree.ts';
import { type LoadedRecording, type RecordingFacts, toRepository } from './loaded-recording.ts';
import { toSelection } from './part.ts';

/** What a browser is given at once; an export beyond it is made in a terminal. */
const largestDownloadBytes = 256 * 1024 ** 2;

/** Answers one question on recordings that are in memory. */
export function answerQuestion(
  question: Question,
  facts: RecordingFacts,
  { recording, baseline }: { recording: LoadedRecording; baseline: LoadedRecording | null },
): EncodedAnswer {
  const rankOf = (name: string) => facts.suspects.find((suspect) => suspect.function === name)?.rank ?? 0;
  const compared = () => {
    if (baseline === null || facts.baseline === null) {
      throw new AvalancheError('NOT_COMPARABLE', 'Cannot compare: there is no baseline for this recording');
    }
    return { recording, facts, baseline, name: facts.baseline.name };
  };
  switch (question.ask) {
    case 'facts':
      return toJson(answerFacts(recording, facts));
    case 'bursts':
      return toJson({ bursts: findSnapshotBursts(recording.recorded, toOwnCode(facts)) });
    case 'heatmap':
      return toJson(answerHeatmap(recording, question));
    case 'tree':
      return toJson(
        question.kind === 'difference'
          ? answerDifference(compared(), rankOf, question)
          : answerTree(recording, rankOf, question),
      );
    case 'top':
      return toJson(
        question.compared
          ? answerChanges(compared(), rankOf, question)
          : answerTop(recording, rankOf, question),
      );
    case 'timeline':
      return toJson(answerTimeline(recording, question));
    case 'download':
      return writeDownload(recording, question);
    default:
      return question satisfies never;
  }
}

function toOwnCode({ application }: RecordingFacts) {
  return application === null ? null : { own: application.own, repository: toRepository(application) };
}

function toJson(answer: unknown): EncodedAnswer {
  return {
    // Level 1: three times as fast as the default, a tenth larger.
    body: gzipSync(JSON.stringify(answer), { level: 1 }),
    contentType: 'application/json; charset=utf-8',
    isGzip: true,
  };
}

const contentTypes: Record<DownloadFormat, string> = {
  pprof: 'application/octet-stream',
  speedscope: 'application/json; charset=utf-8',
  folded: 'text/plain; charset=utf-8',
  'perf-script': 'text/plain; charset=utf-8',
};

function writeDownload(
  { recorded }: LoadedRecording,
  { format, part }: Extract<Question, { ask: 'download' }>,
): EncodedAnswer {
  const wanted = exports.find(({ name }) => name === format)!;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of wanted.write(recorded, toSelection(part))) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    bytes += chunk.byteLength;
    if (bytes > largestDownloadBytes) {
      throw new AvalancheError(
        'RECORDING_TOO_LARGE',
        `Cannot write "${format}" for a browser: it is larger than ${largestDownloadBytes} bytes`,
      );
    }
    pieces.push(chunk);
  }
  const whole = Buffer.concat(pieces);
  // pprof is gzip by itself.
  if (format === 'pprof') return { body: whole, contentType: contentTypes[format], isGzip: false };
  return { body: gzipSync(whole, { level: 1 }), contentType: contentTypes[format], isGzip: true };
}
