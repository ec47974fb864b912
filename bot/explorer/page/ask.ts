import type { AnswerTo, Question } from '../../../workers/exploration.ts';
import type { SubjectAnswer } from '../subject.ts';

/** What the server said no to, in words for a person. */
export class Refusal extends Error {}

const mostTries = 4;

/**
 * Asks the server; a newer question of the same kind lets go of the older one, which then never answers.
 *
 * @throws Refusal when it is answered with no
 */
export class Asker {
  readonly #underWay = new Map<string, AbortController>();

  async ask<Asked extends Exclude<Question['ask'], 'download'>>(
    asked: Asked,
    query: URLSearchParams,
  ): Promise<AnswerTo<Asked>> {
    this.#underWay.get(asked)?.abort();
    const abort = new AbortController();
    this.#underWay.set(asked, abort);
    return (await fetchJson(`api/${asked}?${query}`, abort.signal)) as AnswerTo<Asked>;
  }
}

export async function fetchSubject(): Promise<SubjectAnswer> {
  return (await fetchJson('api/subject', new AbortController().signal)) as SubjectAnswer;
}

async function fetchJson(address: string, signal: AbortSignal): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(address, { signal });
    if (response.ok) return await response.json();
    if (response.status === 503 && attempt < mostTries) {
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
      continue;
    }
    throw new Refusal(await readRefusal(response));
  }
}

async function readRefusal(response: Response): Promise<string> {
  const text = await response.text();
  if (!(response.headers.get('content-type') ?? '').startsWith('application/json')) return text.trim();
  const { error } = JSON.parse(text) as { error: { message: string; advice: string } };
  return `${error.message}. ${error.advice}`;
}

/** Whether a question was let go of for a newer one. */
export function isLetGo(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
