from feeds.storage import Article


def import_articles(dump):
    rows = [parse_row(line) for line in dump.split("\n")]
    return [build_article(row) for row in drop_doubles(rows)]


def parse_row(line):
    key, title, topics, score = line.split(";")
    return {"key": 10_000 + int(key), "title": title.strip(), "topics": topics.split(","), "score": int(score)}


def drop_doubles(rows):
    seen = set()
    kept = []
    for row in rows:
        if row["title"] not in seen:
            seen.add(row["title"])
            kept.append(row)
    return kept


def build_article(row):
    return Article(row["key"], row["title"], row["title"] * 6, row["topics"], row["score"])
