from html import escape

from feeds.text import shorten, slug


def render_feed(user, articles):
    cards = [render_card(article) for article in articles]
    return page(f"Feed of {user.key}", cards)


def render_results(query, articles):
    rows = [f"<li>{escape(article.title)}</li>" for article in articles]
    return page(f"Results for {query}", rows)


def render_card(article):
    link = f"/read/{article.key}/{slug(article.title)}"
    return f'<a href="{link}"><h2>{escape(article.title)}</h2><p>{escape(shorten(article.text, 90))}</p>{render_topics(article.topics)}</a>'


def render_topics(topics):
    return "".join(f"<b>{escape(topic)}</b>" for topic in topics)


def page(title, parts):
    return f"<html><title>{escape(title)}</title>{''.join(parts)}</html>"
