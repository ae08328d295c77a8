"""The list of alarms: found, looked into, handled one by one or several at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.responses import Response

from tongshi.access.grant import Right
from tongshi.alarms.alarm import LONGEST_NOTE, Alarm, Query, Report, State
from tongshi.api import alarms as interface
from tongshi.api.alarms import find_alarm
from tongshi.api.gate import scope_for
from tongshi.api.problem import describe
from tongshi.api.text import Words
from tongshi.console.devices import SIZES
from tongshi.console.drawing import link
from tongshi.console.looks import day
from tongshi.console.people import read_form
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.errors import Error, Invalid, Missing

WORDS = ("time", "tree", "state", "advice", "problem", "alarms")
OPEN = "open"
"""Stands among the states for all that is not closed."""
LONGEST_NAME = 128
"""Characters of whom an alarm is given to, at the most."""
AT_ONCE = 500
"""Alarms that are handled at once at the most: as many as a page has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for.  since, until: days of the node's zone, ISO 8601."""

    text: str = ""
    state: str = ""
    method: int | None = None
    priority: int | None = None
    device: str = ""
    channel: str = ""
    since: str = ""
    until: str = ""
    number: int = 1
    size: int = 50


def read_wanted(visit: Visit) -> Wanted:
    """Return what the address asks for; what cannot be read is as if it were not said."""
    asked = visit.request.query_params
    states = {OPEN, *(state.value for state in State)}
    size, state = asked.get("size", ""), asked.get("state", "")
    return Wanted(
        text=asked.get("text", "").strip()[:100],
        state=state if state in states else "",
        method=_choice(asked.get("method", ""), 7),
        priority=_choice(asked.get("priority", ""), 4),
        device=asked.get("device", "").strip()[:64],
        channel=asked.get("channel", "").strip()[:64],
        since=asked.get("since", "") if day(asked.get("since", "")) else "",
        until=asked.get("until", "") if day(asked.get("until", "")) else "",
        number=read_number(asked.get("number", "")),
        size=int(size) if size in map(str, SIZES) else 50,
    )


def query_of(wanted: Wanted) -> Query:
    """Return the question that *wanted* asks of the store."""
    return Query(
        state=None if wanted.state in ("", OPEN) else State(wanted.state),
        open=wanted.state == OPEN,
        device_id=wanted.device,
        channel_id=wanted.channel,
        method=wanted.method,
        priority=wanted.priority,
        since=day(wanted.since),
        until=day(wanted.until, after=1),
        text=wanted.text,
        number=wanted.number,
        size=wanted.size,
    )


async def show_alarms(visit: Visit) -> Response:
    """Draw the page."""
    values = {**await _list(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("alarms.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw the list; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/alarms.html", values, place=link("/alarms", values["query"]))


async def show_badge(visit: Visit) -> Response:
    """Draw how many alarms are new."""
    scope = await scope_for(visit.parts, visit.asker, Right.ALARMS)
    counts = await asyncio.to_thread(visit.parts.alarms.counts, scope)
    return visit.draw("parts/badge.html", {"fresh": counts[State.NEW]})


async def show_row(visit: Visit) -> Response:
    """Draw one alarm's row."""
    alarm = await _alarm(visit)
    return visit.draw("parts/alarm.html", {"alarm": alarm, **_helps(visit)})


async def show_details(visit: Visit) -> Response:
    """Draw what is known of one alarm and what was done, with what can be done."""
    return await _details(visit, None)


async def handle(visit: Visit) -> Response:
    """Do with one alarm what the form says, and draw it as it stands then."""
    form = await read_form(visit)
    try:
        await _act(visit, _number(visit), form["act"], form["note"], form["assignee"])
    except Error as error:
        return await _details(visit, error)
    return await _details(visit, None)


async def reset(visit: Visit) -> Response:
    """Have the device clear an alarm; it says that it did, or why not."""
    parts, asker, number = visit.parts, visit.asker, _number(visit)
    try:
        await interface.reset_alarm(parts, asker, number)
    except Error as error:
        return await _details(visit, error)
    return await _details(visit, None, told=visit.words("alarms.reset_done"))


async def handle_several(visit: Visit) -> Response:
    """Do the same with each chosen alarm; what could not be done is told with its cause."""
    form = await read_form(visit)
    chosen = form["ids"].split(",")[:AT_ONCE]
    numbers = [int(text) for text in chosen if text.isdecimal() and len(text) <= 18]
    done, cause = 0, ""
    for number in numbers:
        try:
            await _act(visit, number, form["act"], form["note"], form["assignee"])
            done += 1
        except Error as error:
            cause = cause or describe(error, visit.words).title
    words, left = visit.words, len(numbers) - done
    told = words("alarms.done", count=done)
    if left:
        told = words("alarms.partly", count=done, left=left, why=cause)
    values = await _list(visit)
    return visit.draw("parts/alarms.html", {**values, "told": told, "failed": bool(left)})


def kind_of(words: Words) -> Callable[[Report], str]:
    """Return what tells the kind of a report in words, from its codes."""

    def tell(report: Report) -> str:
        method, kind = report.method, report.alarm_type
        source = words.find(f"alarm_method.{method}", "alarm_method.unknown")
        named = words.find(f"alarm_type.{method}_{kind}")
        rest = named or (f"#{kind}" if kind is not None else "")
        return f"{source} · {rest}" if rest else source

    return tell


async def _list(visit: Visit) -> dict[str, object]:
    wanted = read_wanted(visit)
    scope = await scope_for(visit.parts, visit.asker, Right.ALARMS)
    rows = await asyncio.to_thread(visit.parts.alarms.page, scope, query_of(wanted))
    return {
        "query": wanted,
        "rows": rows,
        "sizes": SIZES,
        "states": [state.value for state in State],
        "filtered": replace(wanted, number=1, size=50) != Wanted(),
        "told": "",
        "failed": False,
        **_helps(visit),
    }


async def _act(visit: Visit, number: int, act: str, note: str, assignee: str) -> None:
    parts, asker = visit.parts, visit.asker
    note, assignee = note.strip()[:LONGEST_NOTE], assignee.strip()[:LONGEST_NAME]
    match act:
        case "acknowledge":
            await interface.acknowledge_alarm(parts, asker, number, interface.Remark(note=note))
        case "assign":
            if not assignee:
                raise Invalid("an alarm is assigned to somebody")
            given = interface.Assignment(to=assignee, note=note)
            await interface.assign_alarm(parts, asker, number, given)
        case "close":
            if not note:
                raise Invalid("an alarm is closed with a note of what was found")
            await interface.close_alarm(parts, asker, number, interface.Finding(note=note))
        case _:
            raise Missing(f"nothing is done to alarms by {act[:40]!r}")


async def _details(visit: Visit, error: Error | None, told: str = "") -> Response:
    alarm = await _alarm(visit)
    steps = await asyncio.to_thread(visit.parts.alarms.steps, visit.asker.scope, alarm.id)
    values = {
        "alarm": alarm,
        "steps": steps,
        "problem": describe(error, visit.words) if error is not None else None,
        "told": told,
        **_helps(visit),
    }
    return visit.draw("parts/alarm_details.html", values)


async def _alarm(visit: Visit) -> Alarm:
    return await find_alarm(visit.parts, visit.asker, _number(visit))


def _number(visit: Visit) -> int:
    text = str(visit.request.path_params["alarm_id"])
    if not text.isdecimal() or len(text) > 18:
        raise Missing(f"no such alarm: {text[:40]!r}")
    return int(text)


def _choice(text: str, most: int) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 3 and 1 <= int(text) <= most else None


def _helps(visit: Visit) -> dict[str, object]:
    return {"kind": kind_of(visit.words)}
