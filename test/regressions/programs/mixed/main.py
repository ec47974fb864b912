import sys
import time

from texts.service import Service


def main(arguments):
    options = {"cpu_seconds": 5.0, "documents": 150}
    options.update((name, float(value)) for name, value in (word.split("=") for word in arguments))
    service = Service(int(options["documents"]))
    number = 0
    while time.process_time() < options["cpu_seconds"]:
        for _ in range(5):
            service.answer(number)
            number += 1
    print(number, "answers", file=sys.stderr)


main(sys.argv[1:])
