from feeds.importer import import_articles
from feeds.ranking import Ranker
from feeds.render import render_feed, render_results
from feeds.search import SearchIndex
from feeds.storage import Storage


class App:
    def __init__(self, count):
        self.storage = Storage(count)
        self.ranker = Ranker(self.storage)
        self.index = SearchIndex(self.storage.all_articles())
        self.handlers = {"/feed": self.show_feed, "/search": self.show_results, "/import": self.take_import}

    def handle(self, request):
        return self.handlers[request["path"]](request)

    def show_feed(self, request):
        user = self.storage.user(request["user"])
        ranked = self.ranker.rank(user, self.storage.latest(120))
        return render_feed(user, ranked[:30])

    def show_results(self, request):
        found = self.index.search(request["query"])
        return render_results(request["query"], [self.storage.article(key) for key in found[:20]])

    def take_import(self, request):
        articles = import_articles(request["body"])
        for article in articles:
            self.storage.put(article)
        return f"{len(articles)} articles"
