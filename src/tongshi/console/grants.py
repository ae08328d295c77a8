"""Grants, for the administrator of security: made, revoked, tested as somebody; marks."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from starlette.responses import Response

from tongshi.access.grant import DAY, Right, SubjectKind
from tongshi.access.permission import Role
from tongshi.api import grants, marks
from tongshi.api.grants import CameraKey, Cameras, GrantShown, NewGrant, TestTold, WeekWindow
from tongshi.api.problem import Problem, describe
from tongshi.console.devices import SIZES
from tongshi.console.drawing import link
from tongshi.console.people import Form, read_form
from tongshi.console.staff import read_day
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.errors import Error, Invalid, Missing, ProofNeeded

WORDS = ("time", "state", "advice", "problem", "grants")
FIELDS = ("divisions", "classes", "sectors", "units", "tags", "devices")
MARKS = ("classes", "sectors", "units", "tags")
CLEAR = "-"
"""What is written in the field of a mark to take it away."""
_BETWEEN = re.compile(r"[\s,，、;；]+")
_HOUR = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    text: str = ""
    running: bool = False
    number: int = 1
    size: int = SIZES[0]


async def show_grants(visit: Visit) -> Response:
    """Draw the page."""
    return await _draw(visit)


async def show_list(visit: Visit) -> Response:
    """Draw the list; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/grants.html", values, place=link("/grants", values["query"]))


async def add_grant(visit: Visit) -> Response:
    """Make a grant of a submitted form."""
    form = await read_form(visit)
    try:
        await grants.add_grant(visit.parts, visit.asker, read_grant(form))
    except (Error, ValidationError) as error:
        return await _draw(visit, problem=_tell(visit, error))
    return visit.go("/grants")


async def revoke(visit: Visit) -> Response:
    """End a grant."""
    text = str(visit.request.path_params["grant_id"])
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Missing("no such grant")
    try:
        await grants.revoke_grant(visit.parts, visit.asker, int(text))
    except Error as error:
        return await _draw(visit, problem=_tell(visit, error))
    return visit.go("/grants")


async def test(visit: Visit) -> Response:
    """Tell what somebody may do with a camera, and why."""
    form = await read_form(visit)
    try:
        person = _number(form["person"])
        told = await grants.try_as(
            visit.parts,
            visit.asker,
            person,
            form["device"].strip(),
            form["channel"].strip(),
            form["purpose"].strip() or None,
        )
        seen = await grants.list_seen(visit.parts, visit.asker, person, size=1)
    except Error as error:
        return await _draw(visit, problem=_tell(visit, error), tried=form)
    return await _draw(visit, told=told, seen=seen.total, tried=form)


async def mark(visit: Visit) -> Response:
    """Mark a camera."""
    form = await read_form(visit)
    try:
        told: dict[str, list[str]] = {
            kind: [] if form[kind].strip() == CLEAR else _values(form[kind], kind)
            for kind in MARKS
            if form[kind].strip()
        }
        camera = CameraKey(device=form["device"].strip(), channel=_channel(form))
        given = marks.NewMarks.model_validate({"cameras": [camera], **told})
        await marks.write_marks(visit.parts, visit.asker, given)
    except (Error, ValidationError) as error:
        return await _draw(visit, problem=_tell(visit, error))
    return visit.go("/grants")


def read_grant(form: Form) -> NewGrant:
    """Return the grant of a submitted form; raises Invalid and ValidationError."""
    kind = form["kind"]
    if kind not in {one.value for one in SubjectKind}:
        raise Invalid(f"a grant is not for a {kind[:20]!r}")
    chosen = [pair.partition("/") for pair in _BETWEEN.split(form["chosen"].strip()) if pair]
    cameras = Cameras.model_validate(
        {
            "everything": bool(form["everything"]),
            "cameras": [{"device": one, "channel": two or one} for one, _, two in chosen],
            **{name: _values(form[name], name) for name in FIELDS},
        }
    )
    days = form["footage_days"].strip()
    return NewGrant.model_validate(
        {
            "kind": kind,
            "subject": form[kind].strip(),
            "rights": [right for right in Right if form[f"right.{right.value}"]],
            "cameras": cameras,
            "purposes": _values(form["purposes"], "purposes"),
            "hours": read_hours(form["begin"], form["end"]),
            "since": read_day(form["since"]),
            "until": read_day(form["until"], end=True),
            "footage_days": days or None,
            "deny": bool(form["deny"]),
            "note": form["note"].strip(),
        }
    )


def read_hours(begin: str, end: str) -> list[WeekWindow]:
    """Return the same hours of every day; none for no text.  Raises Invalid."""
    if not begin and not end:
        return []
    minutes = []
    for text, usual in ((begin, 0), (end, DAY)):
        match = _HOUR.fullmatch(text.strip())
        if match is None and text.strip():
            raise Invalid(f"no time of the day: {text[:10]!r}")
        minutes.append(usual if match is None else int(match[1]) * 60 + int(match[2]))
    return [WeekWindow(days=list(range(7)), begin=minutes[0], end=minutes[1] or DAY)]


def _channel(form: Form) -> str:
    return form["channel"].strip() or form["device"].strip()


def _values(text: str, name: str) -> list[str]:
    """Return the values of a field; units may have blanks, so they stand between commas."""
    parts = re.split(r"[,，、;；\n]+", text) if name in ("units", "tags") else _BETWEEN.split(text)
    return [part.strip() for part in parts if part.strip()]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Invalid("a person is named by the number of the account")
    return int(text)


def _tell(visit: Visit, error: Error | ValidationError) -> Problem:
    if isinstance(error, ProofNeeded):
        raise error
    if isinstance(error, ValidationError):
        faults = tuple(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        return describe(Invalid("the form breaks its rules", faults=faults), visit.words)
    return describe(error, visit.words)


async def _draw(
    visit: Visit,
    *,
    problem: Problem | None = None,
    told: TestTold | None = None,
    seen: int = 0,
    tried: Form | None = None,
) -> Response:
    people = await asyncio.to_thread(visit.parts.people.everybody)
    values = {
        **await _list(visit),
        "people": people,
        "roles": [role.value for role in Role],
        "kinds": [kind.value for kind in SubjectKind],
        "every_right": [right.value for right in Right],
        "fields": FIELDS,
        "marks": MARKS,
        "used": await asyncio.to_thread(visit.parts.marks.values),
        "problem": problem,
        "told": told,
        "seen": seen,
        "tried": {
            name: tried[name] if tried is not None else ""
            for name in ("person", "device", "channel", "purpose")
        },
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("grants.html", values, status=200 if problem is None else problem.status)


async def _list(visit: Visit) -> dict[str, object]:
    asked = visit.request.query_params
    size = read_number(asked.get("size", ""))
    wanted = Wanted(
        asked.get("text", "")[:100],
        asked.get("running", "") == "1",
        read_number(asked.get("number", "")),
        size if size in SIZES else SIZES[0],
    )
    rows = await grants.list_grants(
        visit.parts,
        visit.asker,
        wanted.text,
        running=wanted.running,
        number=wanted.number,
        size=wanted.size,
    )
    return {
        "rows": rows,
        "query": wanted,
        "sizes": SIZES,
        "summary": summary,
        "at": lambda text: datetime.fromisoformat(text).timestamp(),
    }


def summary(grant: GrantShown) -> list[tuple[str, str]]:
    """Return what selects the cameras of a grant: names of fields, and their values."""
    cameras = grant.cameras
    if cameras.everything:
        return [("everything", "")]
    told = [(name, getattr(cameras, name)) for name in FIELDS]
    told.append(("chosen", [f"{one.device}/{one.channel}" for one in cameras.cameras]))
    return [(name, shorten(values)) for name, values in told if values]


def shorten(values: list[str]) -> str:
    """Return the first of *values*, and how many there are besides."""
    more = f" +{len(values) - 4}" if len(values) > 4 else ""
    return ", ".join(values[:4]) + more
