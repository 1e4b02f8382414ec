"""The peer's end of bench/PROTOCOL.md: requests line by line on stdin, answers on stdout."""

import json
import os
import sys
from collections.abc import Callable

PROTOCOL = 1


def answer_requests(handlers: dict[str, Callable[..., dict]]) -> None:
    """Until stdin ends or a "stop". A request is known by the first of its words that a handler
    has; the handler gets all of the request as named arguments."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        if "stop" in request:
            break
        handler = next(handlers[word] for word in request if word in handlers)
        print(json.dumps(handler(**request)), file=answers, flush=True)
