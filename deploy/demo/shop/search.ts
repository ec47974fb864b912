export type SearchDocument = { id: string; text: string };
export type SearchHit = { id: string; score: number };

/** Words of the catalogue, and in which documents each stands. */
export type SearchIndex = {
  documents: Map<string, string[]>;
  words: string[];
  postings: Map<string, string[]>;
};

export function buildIndex(documents: Iterable<SearchDocument>): SearchIndex {
  const index: SearchIndex = { documents: new Map(), words: [], postings: new Map() };
  for (const { id, text } of documents) {
    const words = splitWords(text);
    index.documents.set(id, words);
    for (const word of new Set(words)) {
      const posting = index.postings.get(word);
      if (posting === undefined) index.postings.set(word, [id]);
      else posting.push(id);
    }
  }
  index.words = [...index.postings.keys()].sort();
  return index;
}

/** The documents that hold words beginning with those of the query, best first. */
export function search(index: SearchIndex, query: string, maximum: number): SearchHit[] {
  const scores = new Map<string, number>();
  for (const prefix of splitWords(query)) {
    for (const word of wordsWithPrefix(index, prefix)) addScores(index, word, prefix, scores);
  }
  return [...scores]
    .map(([id, score]) => ({ id, score }))
    .sort((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
    .slice(0, maximum);
}

function addScores(index: SearchIndex, word: string, prefix: string, scores: Map<string, number>): void {
  const posting = index.postings.get(word) ?? [];
  const rarity = Math.log(1 + index.documents.size / posting.length);
  const likeness = prefix.length / word.length;
  for (const id of posting) scores.set(id, (scores.get(id) ?? 0) + rarity * likeness);
}

function wordsWithPrefix(index: SearchIndex, prefix: string): string[] {
  return index.words.filter((word) => word.startsWith(prefix));
}

function splitWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}
