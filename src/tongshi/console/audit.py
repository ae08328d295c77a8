"""The audit chain: its entries, its heads, and whether it holds."""

import asyncio
from dataclasses import dataclass, replace

from starlette.responses import Response

from tongshi.api import audit as interface
from tongshi.api.problem import Problem, describe
from tongshi.audit.checking.service import State
from tongshi.audit.entry import ACTS, Outcome
from tongshi.audit.store import AuditQuery
from tongshi.console.devices import SIZES
from tongshi.console.drawing import link
from tongshi.console.looks import day
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.db.page import Page
from tongshi.errors import Error

WORDS = ("time", "state", "advice", "problem")
HEADS = 10
"""Heads that are shown."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for.  since, until: days of the node's zone, ISO 8601."""

    text: str = ""
    what: str = ""
    outcome: str = ""
    person: int | None = None
    since: str = ""
    until: str = ""
    number: int = 1
    size: int = 50


def read_wanted(visit: Visit) -> Wanted:
    """Return what the address asks for; what cannot be read is as if it were not said."""
    asked = visit.request.query_params
    size, person = asked.get("size", ""), asked.get("person", "")
    outcomes = {outcome.value for outcome in Outcome}
    return Wanted(
        text=asked.get("text", "").strip()[:100],
        what=asked.get("what", "") if asked.get("what", "") in ACTS else "",
        outcome=asked.get("outcome", "") if asked.get("outcome", "") in outcomes else "",
        person=int(person) if person.isascii() and person.isdigit() and len(person) < 18 else None,
        since=asked.get("since", "") if day(asked.get("since", "")) else "",
        until=asked.get("until", "") if day(asked.get("until", "")) else "",
        number=read_number(asked.get("number", "")),
        size=int(size) if size in map(str, SIZES) else 50,
    )


async def show_audit(visit: Visit) -> Response:
    """Draw the page."""
    values = {
        **await _list(visit),
        **await _check(visit),
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("audit.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw the list; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/audit.html", values, place=link("/audit", values["query"]))


async def show_check(visit: Visit) -> Response:
    """Draw the heads, and how far a verification has come."""
    return visit.draw("parts/audit_check.html", await _check(visit))


async def begin_check(visit: Visit) -> Response:
    """Begin to verify the chain."""
    problem = None
    try:
        await interface.begin_check(visit.parts, visit.asker)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/audit_check.html", await _check(visit, problem))


async def _list(visit: Visit) -> dict[str, object]:
    wanted = read_wanted(visit)
    query = AuditQuery(
        what=wanted.what,
        person_id=wanted.person,
        since=day(wanted.since),
        until=day(wanted.until, after=1),
        outcome=wanted.outcome,
        text=wanted.text,
        number=wanted.number,
        size=wanted.size,
    )
    page = await asyncio.to_thread(visit.parts.audit.page, query)
    told = tuple(interface.row_of(entry, visit.words) for entry in page.rows)
    rows = Page(told, page.total, page.number, page.size)
    kinds = sorted((visit.words(f"act.{what}"), what) for what in ACTS)
    return {
        "query": wanted,
        "rows": rows,
        "sizes": SIZES,
        "kinds": kinds,
        "outcomes": [outcome.value for outcome in Outcome],
        "filtered": replace(wanted, number=1, size=50) != Wanted(),
    }


async def _check(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    check = await interface.read_check(visit.parts, visit.asker)
    heads = await interface.list_heads(visit.parts, HEADS)
    return {
        "check": check,
        "running": check.state is State.RUNNING,
        "heads": heads,
        "key": visit.parts.audit.key.hex(),
        "problem": problem,
    }
