"""The access register (信息调用登记), to be read."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.responses import Response

from tongshi.access.register import Ending, EntryQuery
from tongshi.api.text import catalogue
from tongshi.console.devices import SIZES
from tongshi.console.drawing import link
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number

GOOD = frozenset(
    {
        "closed",
        "finished",
        "left",
        "unused",
        "denied.signin",
        "stopped",
        "done",
        "delivered",
        "confirmed",
        "accepted",
    }
)
"""Endings that are nobody's failure."""
WORDS = ("time", "state", "advice", "problem")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for.  since, until: days of the node's zone, ISO 8601."""

    text: str = ""
    since: str = ""
    until: str = ""
    open: bool = False
    number: int = 1
    size: int = 50


def read_wanted(visit: Visit) -> Wanted:
    """Return what the address asks for; what cannot be read is as if it were not said."""
    asked = visit.request.query_params
    size = asked.get("size", "")
    return Wanted(
        text=asked.get("text", "").strip()[:100],
        since=asked.get("since", "") if day(asked.get("since", "")) else "",
        until=asked.get("until", "") if day(asked.get("until", "")) else "",
        open=asked.get("open") == "true",
        number=read_number(asked.get("number", "")),
        size=int(size) if size in map(str, SIZES) else 50,
    )


def day(text: str, *, after: int = 0) -> float | None:
    """Return the begin of the day *text* of the node's zone, UNIX s; None when it is none.

    after: so many days later.
    """
    try:
        begin = datetime.fromisoformat(text)
    except ValueError:
        return None
    return begin.astimezone().timestamp() + after * 86400


async def show_register(visit: Visit) -> Response:
    """Draw the page."""
    values = {**await _list(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("register.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw the list; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/register.html", values, place=link("/register", values["query"]))


async def _list(visit: Visit) -> dict[str, object]:
    wanted = read_wanted(visit)
    query = EntryQuery(
        text=wanted.text,
        since=day(wanted.since),
        until=day(wanted.until, after=1),
        open=wanted.open,
        number=wanted.number,
        size=wanted.size,
    )
    rows = await asyncio.to_thread(visit.parts.register.page, visit.asker.scope, query)
    words, known = visit.words, visit.parts.purposes

    def how(ending: Ending) -> str:
        key = f"ending.{ending.how.replace('.', '_')}"
        return words(key) if key in catalogue() else words("ending.failed")

    return {
        "query": wanted,
        "rows": rows,
        "sizes": SIZES,
        "filtered": replace(wanted, number=1, size=50) != Wanted(),
        "how": how,
        "good": GOOD,
        "purpose": lambda entry: known.show(entry.look.purpose, words.language.value),
    }
