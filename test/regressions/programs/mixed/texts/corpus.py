WORDS = "river city music bread train star north paper light sound stone field glass bridge".split()


class Corpus:
    def __init__(self, count):
        self.texts = [make_text(number) for number in range(count)]


def make_text(number):
    return " ".join(WORDS[(number * 7 + place * place) % len(WORDS)] for place in range(18))
