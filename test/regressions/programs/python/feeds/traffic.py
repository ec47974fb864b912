TOPICS = ["rivers", "cities", "music", "bread", "trains", "stars"]


def make_request(number, imports):
    """The request with the given number, always the same."""
    if number % imports == 0:
        return {"path": "/import", "body": make_dump(number)}
    if number % 5 == 1:
        return {"path": "/search", "query": f"{TOPICS[number % 6]} {TOPICS[number * 5 % 6]}"}
    return {"path": "/feed", "user": number * 7 % 300}


def make_dump(number):
    lines = [f"{row};Title {row} of {number};{TOPICS[row % 6]},{TOPICS[row * 3 % 6]};{row * 13 % 997}" for row in range(60)]
    return "\n".join(lines)
