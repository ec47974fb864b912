import re
import unicodedata

WORD = re.compile(r"\w+")


def fold(word):
    return unicodedata.normalize("NFKC", word).casefold()


def words_of(text):
    return [fold(word) for word in WORD.findall(text)]


def shorten(text, letters):
    if len(text) <= letters:
        return text
    return text[: text.rfind(" ", 0, letters)] + "…"


def slug(title):
    return "-".join(words_of(title))
