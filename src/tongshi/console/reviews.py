"""Broken glass on pages: the list, and the verdict of the audit."""

from dataclasses import dataclass

from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.api import emergencies
from tongshi.api.problem import Problem, describe
from tongshi.approvals.emergency.store import GlassQuery
from tongshi.approvals.glass import Verdict, stand
from tongshi.console.devices import SIZES
from tongshi.console.drawing import link
from tongshi.console.people import read_form
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.errors import Error, Invalid

WORDS = ("time", "state", "advice", "problem")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page.  open: those without a verdict alone."""

    open: str = ""
    number: int = 1
    size: int = 50


async def show_reviews(visit: Visit) -> Response:
    """Draw the page."""
    values = {**await _list(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("reviews.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw the list; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/reviews.html", values, place=link("/reviews", values["query"]))


async def show_badge(visit: Visit) -> Response:
    """Draw how many wait for their review."""
    page = await emergencies.find_glass(visit.parts, visit.asker, GlassQuery(open=True, size=1))
    return visit.draw("parts/badge.html", {"fresh": page.total})


async def close(visit: Visit) -> Response:
    """Close a review as the form says, and draw the list then."""
    form, problem = await read_form(visit), None
    text = str(visit.request.path_params["number"])
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    verdicts = {verdict.value: verdict for verdict in Verdict}
    try:
        if form["verdict"] not in verdicts or not form["words"].strip():
            raise Invalid("a review is closed with a verdict and with words")
        given = emergencies.Finding(
            verdict=verdicts[form["verdict"]], words=form["words"].strip()[:500]
        )
        await emergencies.close_review(visit.parts, visit.asker, number, given)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/reviews.html", await _list(visit, problem))


async def _list(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    asked = visit.request.query_params
    size = asked.get("size", "")
    wanted = Wanted(
        "1" if asked.get("open") else "",
        read_number(asked.get("number", "")),
        int(size) if size in map(str, SIZES) else 50,
    )
    query = GlassQuery(open=bool(wanted.open), number=wanted.number, size=wanted.size)
    rows = await emergencies.find_glass(visit.parts, visit.asker, query)
    language, wall = visit.words.language.value, visit.parts.clock.wall()
    return {
        "query": wanted,
        "rows": rows,
        "sizes": SIZES,
        "verdicts": list(Verdict),
        "stand": lambda glass: stand(glass, wall).value,
        "title": lambda glass: visit.parts.purposes.show(glass.why.purpose, language),
        "judges": visit.asker.person.may(Permission.REVIEW),
        "own": visit.asker.person.id,
        "problem": problem,
        "again": None,
    }
