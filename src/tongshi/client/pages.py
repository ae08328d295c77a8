"""Lists of a node, fetched page by page while they are walked."""

from collections.abc import Callable, Iterator

from tongshi.client.failure import Failure
from tongshi.client.wire import Json, Query

Call = Callable[[Query], Json]
SIZE = 200
"""Rows of a page, unless the caller says it."""


def walk(call: Call, query: Query, size: int = SIZE) -> Iterator[Json]:
    """Yield every row of a list, fetching pages as they are needed.

    A list that grows meanwhile may show a row twice or not at all.  Raises Failure.
    """
    number = 1
    while True:
        page = call({**query, "number": number, "size": size})
        rows = page.get("rows") if isinstance(page, dict) else None
        if not isinstance(rows, list):
            raise Failure("broken", "the answer is no page of a list")
        yield from rows
        total = page.get("total", 0)
        if len(rows) < size or number * size >= total:
            return
        number += 1
