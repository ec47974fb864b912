from texts.corpus import Corpus
from texts.native import Native
from texts.summary import summarize


class Service:
    def __init__(self, count):
        self.native = Native()
        self.corpus = Corpus(count)
        self.vectors = self.native.pack([vectorize(text) for text in self.corpus.texts])

    def answer(self, number):
        query = self.corpus.texts[number * 31 % len(self.corpus.texts)]
        scores = self.compare(vectorize(query))
        best = pick_best(scores, 8)
        close = self.rerank(query, best)
        return summarize(query, [self.corpus.texts[row] for row in close])

    def compare(self, vector):
        return self.native.similarities(self.vectors, vector)

    def rerank(self, query, rows):
        """The few best once more, letter by letter."""
        distances = [(self.native.distance(query, self.corpus.texts[row]), row) for row in rows]
        return [row for _, row in sorted(distances)]


def vectorize(text):
    counts = [0.0] * 64
    for word in text.split():
        counts[hash_word(word) % 64] += 1.0
    return counts


def hash_word(word):
    value = 7
    for letter in word[:6]:
        value = value * 31 + ord(letter)
    return value


def pick_best(scores, count):
    order = sorted(range(len(scores)), key=lambda row: -scores[row])
    return order[:count]
