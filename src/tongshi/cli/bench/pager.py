"""Pages asked for in turns by several people, as a process of its own: the load of a benchmark.

In: one line of JSON, an :class:`Order`.  Out: one line, seconds by page and person, in the order
of the rounds.  In each round every person asks for every page once, so whatever disturbs the
machine disturbs all of them.
"""

import http.client
import json
import os
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask for.

    cookies: by name of the person, as the header has them.  core: to run on; -1 is any.
    """

    host: str
    port: int
    pages: list[str]
    cookies: dict[str, str]
    rounds: int
    core: int = -1

    def as_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))


Times = dict[str, dict[str, list[float]]]


def run(order: Order) -> Times:
    """Return how long each answer took, s, from the request to its last byte.

    Raises RuntimeError for an answer that is no success.
    """
    if order.core >= 0:
        os.sched_setaffinity(0, {order.core})
    times: Times = {page: {who: [] for who in order.cookies} for page in order.pages}
    with ExitStack() as stack:
        lines = {
            who: stack.enter_context(closing(http.client.HTTPConnection(order.host, order.port)))
            for who in order.cookies
        }
        for number in range(order.rounds):
            people = list(lines)
            if number % 2:
                people.reverse()  # nobody is always second
            for page in order.pages:
                for who in people:
                    times[page][who].append(fetch(lines[who], page, order.cookies[who]))
    return times


def fetch(line: http.client.HTTPConnection, page: str, cookie: str) -> float:
    """Return the seconds that one answer took; raises RuntimeError unless it is a success."""
    began = time.perf_counter()
    line.request("GET", page, headers={"Cookie": cookie, "Accept": "application/json"})
    answer = line.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    if answer.status != 200:
        raise RuntimeError(f"{page}: {answer.status} {body[:200]!r}")
    return took


def main() -> int:
    """Read the order, ask, tell."""
    order = Order(**json.loads(sys.stdin.readline()))
    sys.stdout.write(json.dumps(run(order)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
