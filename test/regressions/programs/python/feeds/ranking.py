import math


class Ranker:
    def __init__(self, storage):
        self.storage = storage

    def rank(self, user, articles):
        unread = self.drop_read(user, articles)
        scored = [(self.score(user, article), article) for article in unread]
        scored.sort(key=lambda pair: (-pair[0], pair[1].key))
        return self.spread(scored)

    def drop_read(self, user, articles):
        return [article for article in articles if article.key not in user.read]

    def score(self, user, article):
        interest = sum(user.interests.get(topic, 0) for topic in article.topics)
        return interest * freshness(article.key) + popularity(article.score)

    def spread(self, scored):
        """No more than two articles of one topic in a row."""
        ordered, waiting = [], []
        for _, article in scored:
            if is_third(ordered, article):
                waiting.append(article)
            else:
                ordered.append(article)
        return ordered + waiting


def is_third(ordered, article):
    return len(ordered) >= 2 and all(other.topics[0] == article.topics[0] for other in ordered[-2:])


def freshness(key):
    return 1 / (1 + math.exp(-key / 200))


def popularity(score):
    return math.log1p(score) / 10
