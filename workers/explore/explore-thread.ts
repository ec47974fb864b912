import { parentPort, workerData } from 'node:worker_threads';
import { carryError } from '../../storage/carried-error.ts';
import type { Question } from '../exploration.ts';
import { answerQuestion } from './answer-question.ts';
import { loadRecording, RecordingCache, type RecordingFacts } from './loaded-recording.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

// The other end of open-exploration.ts: one thread, one question after the other.

const cache = new RecordingCache((workerData as { cacheBytes: number }).cacheBytes);

parentPort!.on('message', (message: ToThread) => {
  const answer = respond(message);
  const transferred = 'answer' in answer ? [answer.answer.body.buffer as ArrayBuffer] : [];
  parentPort!.postMessage(answer, transferred);
});

function respond(message: ToThread): FromThread {
  const { id } = message;
  try {
    if (message.kind === 'load') {
      if (cache.find(message.key) === undefined) {
        cache.keep(message.key, loadRecording(message.stored, message.application));
      }
      return { id, loaded: true };
    }
    return answerOrAsk(id, message.question, message.facts);
  } catch (thrown) {
    return { id, error: carryError(thrown) };
  }
}

function answerOrAsk(id: number, question: Question, facts: RecordingFacts): FromThread {
  const needsBaseline =
    (question.ask === 'tree' && question.kind === 'difference') ||
    (question.ask === 'top' && question.compared);
  const wanted = [facts.key, ...(needsBaseline && facts.baseline !== null ? [facts.baseline.key] : [])];
  const missing = wanted.filter((key) => cache.find(key) === undefined);
  if (missing.length > 0) return { id, missing };
  const recording = cache.find(facts.key)!;
  const baseline = needsBaseline && facts.baseline !== null ? cache.find(facts.baseline.key)! : null;
  const { body, ...kind } = answerQuestion(question, facts, { recording, baseline });
  // A Buffer may be a window of a pool that others use too: what is handed over is a copy of its own.
  return { id, answer: { body: new Uint8Array(body), ...kind } };
}
