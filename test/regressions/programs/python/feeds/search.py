from feeds.text import fold, words_of


class SearchIndex:
    def __init__(self, articles):
        self.postings = {}
        for article in articles:
            self.add(article)

    def add(self, article):
        for word in words_of(article.title + " " + article.text):
            self.postings.setdefault(word, {})
            self.postings[word][article.key] = self.postings[word].get(article.key, 0) + 1

    def search(self, query):
        hits = {}
        for word in words_of(query):
            self.collect(word, hits)
        return sorted(hits, key=lambda key: (-hits[key], key))

    def collect(self, word, hits):
        for key, times in self.postings.get(fold(word), {}).items():
            hits[key] = hits.get(key, 0) + times
