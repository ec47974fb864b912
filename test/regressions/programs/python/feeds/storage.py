from collections import OrderedDict
from dataclasses import dataclass, field

TOPICS = ["rivers", "cities", "music", "bread", "trains", "stars"]


@dataclass
class Article:
    key: int
    title: str
    text: str
    topics: list
    score: int


@dataclass
class User:
    key: int
    interests: dict
    read: set = field(default_factory=set)


class Storage:
    def __init__(self, count):
        self.articles = OrderedDict((key, make_article(key)) for key in range(count))
        self.users = {}

    def article(self, key):
        return self.articles[key]

    def all_articles(self):
        return list(self.articles.values())

    def latest(self, limit):
        keys = list(self.articles)[-limit:]
        return [self.articles[key] for key in keys]

    def put(self, article):
        self.articles[article.key] = article

    def user(self, key):
        known = self.users.get(key)
        if known is None:
            known = self.users[key] = self.load_user(key)
        return known

    def load_user(self, key):
        interests = {}
        for step in range(400):
            topic = TOPICS[(key + step * step) % 6]
            interests[topic] = interests.get(topic, 0) + (step % 7) / 10
        return User(key, normalize(interests), set(range(key % 5, 400, 17)))


def normalize(weights):
    total = sum(weights.values()) or 1
    return {name: weight / total for name, weight in weights.items()}


def make_article(key):
    topics = [TOPICS[key % 6], TOPICS[key * 3 % 6]]
    text = f"All about {topics[0]} and a little about {topics[1]}, told in {key % 9} parts. " * 4
    return Article(key, f"Number {key} on {topics[0]}", text, topics, key * 13 % 997)
