/** Words to products, with weights. */
export class SearchIndex {
  constructor(products) {
    this.postings = new Map();
    this.lengths = new Map();
    for (const product of products) this.add(product);
  }

  add(product) {
    const terms = tokenize(`${product.name} ${product.description}`);
    this.lengths.set(product.id, terms.length);
    for (const term of terms) {
      const posting = this.postings.get(term) ?? new Map();
      posting.set(product.id, (posting.get(product.id) ?? 0) + 1);
      this.postings.set(term, posting);
    }
  }

  search(query, limit) {
    const scores = new Map();
    for (const term of tokenize(query)) this.scoreTerm(term, scores);
    return topScores(scores, limit);
  }

  scoreTerm(term, scores) {
    const posting = this.postings.get(term);
    if (posting === undefined) return;
    const rarity = Math.log(1 + this.lengths.size / posting.size);
    for (const [id, times] of posting) {
      const weight = (times * rarity) / (times + 1.2 * (0.25 + this.lengths.get(id) / 40));
      scores.set(id, (scores.get(id) ?? 0) + weight);
    }
  }
}

export function tokenize(text) {
  return text.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word.length > 1);
}

function topScores(scores, limit) {
  const ranked = [...scores].sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b);
  return ranked.slice(0, limit).map(([id]) => id);
}
