import sys
import time

from feeds.app import App
from feeds.traffic import make_request


def main(arguments):
    options = {"cpu_seconds": 5.0, "articles": 400, "imports": 25}
    options.update((name, float(value)) for name, value in (word.split("=") for word in arguments))
    app = App(int(options["articles"]))
    number = 0
    while time.process_time() < options["cpu_seconds"]:
        for _ in range(10):
            app.handle(make_request(number, int(options["imports"])))
            number += 1
    print(number, "requests", file=sys.stderr)


main(sys.argv[1:])
