"""Findings of the watch over accounts: the list, one with the entries behind it, the verdict."""

import asyncio
from dataclasses import dataclass, replace

from starlette.responses import Response

from tongshi.api import findings as interface
from tongshi.api.problem import Problem, describe
from tongshi.console.devices import SIZES
from tongshi.console.drawing import link
from tongshi.console.people import read_form
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.errors import Error, Invalid, Missing
from tongshi.watch.finding import LONGEST_REASON, FindingQuery, State
from tongshi.watch.rule import RULES

WORDS = ("time", "state", "advice", "problem")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for.  state: empty for all."""

    state: str = "open"
    rule: str = ""
    number: int = 1
    size: int = 50


def read_wanted(visit: Visit) -> Wanted:
    """Return what the address asks for; what cannot be read is as if it were not said."""
    asked = visit.request.query_params
    state, rule, size = asked.get("state", "open"), asked.get("rule", ""), asked.get("size", "")
    return Wanted(
        state=state if state in {"", *(each.value for each in State)} else "open",
        rule=rule if rule in {each.code for each in RULES} else "",
        number=read_number(asked.get("number", "")),
        size=int(size) if size in map(str, SIZES) else 50,
    )


async def show_findings(visit: Visit) -> Response:
    """Draw the page."""
    values = {**await _list(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("findings.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw the list; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/findings.html", values, place=link("/findings", values["query"]))


async def show_finding(visit: Visit) -> Response:
    """Draw one finding and the entries behind it."""
    values = {**await _one(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("finding.html", values)


async def close(visit: Visit) -> Response:
    """Close a finding as the form says, and draw it as it stands then."""
    form = await read_form(visit)
    try:
        await _close(visit, form["state"], form["reason"].strip())
    except Error as error:
        return visit.draw("parts/finding.html", await _one(visit, describe(error, visit.words)))
    return visit.draw("parts/finding.html", await _one(visit))


async def _close(visit: Visit, state: str, reason: str) -> None:
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Invalid(f"a finding is closed with a reason of 1 to {LONGEST_REASON} characters")
    match state:
        case "explained" | "escalated":
            given = interface.Closing(state=state, reason=reason)
        case _:
            raise Invalid("a finding is closed as explained or as escalated")
    await interface.close_finding(visit.parts, visit.asker, _number(visit), given)


async def _list(visit: Visit) -> dict[str, object]:
    wanted = read_wanted(visit)
    state = State(wanted.state) if wanted.state else None
    query = FindingQuery(state, wanted.rule, None, wanted.number, wanted.size)
    return {
        "query": wanted,
        "rows": await asyncio.to_thread(visit.parts.watch.page, query),
        "sizes": SIZES,
        "rules": [rule.code for rule in RULES],
        "states": [state.value for state in State],
        "filtered": replace(wanted, number=1, size=50) != Wanted(),
    }


async def _one(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    finding, evidence = await asyncio.to_thread(visit.parts.watch.read, _number(visit))
    return {"finding": finding, "evidence": evidence, "problem": problem, "longest": LONGEST_REASON}


def _number(visit: Visit) -> int:
    text = str(visit.request.path_params["finding_id"])
    if not text.isdecimal() or len(text) > 18:
        raise Missing(f"no such finding: {text[:40]!r}")
    return int(text)
