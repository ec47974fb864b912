import json


def summarize(query, texts):
    parts = [describe(text, query) for text in texts]
    return json.dumps({"query": query, "found": parts})


def describe(text, query):
    shared = shared_words(text, query)
    return {"text": text[:60], "shared": sorted(shared), "ratio": len(shared) / max(1, len(text.split()))}


def shared_words(text, query):
    return set(text.split()) & set(query.split())
