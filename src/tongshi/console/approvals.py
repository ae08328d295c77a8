"""Requests on pages: what waits for me, what I asked for, who decides in my place; asking anew.

The way out of a refusal is a fragment of this module too: the tile and the playback page show it.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError
from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.api import emergencies, requests
from tongshi.api.problem import Problem, describe
from tongshi.approvals.content import Interest, Kind, Mask, Relation
from tongshi.approvals.policy import RULES, STEPS
from tongshi.approvals.purpose import Purpose
from tongshi.approvals.request import Request, Verdict
from tongshi.approvals.store import RequestQuery
from tongshi.console.devices import SIZES
from tongshi.console.drawing import link
from tongshi.console.people import Form, read_form
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.errors import Error, Invalid

WORDS = ("time", "state", "advice", "problem")
LISTS = ("mine", "all")
OFFICERS = 2
"""Officers for which the form has room."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of which list.  which: own requests, or all, for the audit."""

    which: str = "mine"
    number: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class Way:
    """What was refused: a camera, a purpose, a span of footage (UNIX time, s; empty: live)."""

    device: str
    channel: str
    purpose: str
    since: str
    until: str

    @property
    def kind(self) -> Kind:
        """What there is to ask for."""
        return Kind.FOOTAGE if self.since and self.until else Kind.LIVE


async def show_approvals(visit: Visit) -> Response:
    """Draw the page."""
    values = {**await _page(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("approvals.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw the list of requests; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/requests.html", values, place=link("/approvals", values["query"]))


async def show_inbox(visit: Visit) -> Response:
    """Draw what waits for a decision of mine."""
    return visit.draw("parts/inbox.html", await _inbox(visit))


async def show_badge(visit: Visit) -> Response:
    """Draw how many requests wait for me."""
    mine = await asyncio.to_thread(visit.parts.approvals.to_decide, visit.asker.person)
    return visit.draw("parts/badge.html", {"fresh": len(mine)})


async def decide(visit: Visit) -> Response:
    """Decide a step as the form says, and draw what waits then."""
    form, problem = await read_form(visit), None
    try:
        verdict = Verdict.APPROVE if form["verdict"] == "approve" else Verdict.REFUSE
        given = requests.Judgement(
            verdict=verdict, reason=form["reason"].strip()[:500], confirmed=bool(form["confirmed"])
        )
        await requests.decide(visit.parts, visit.asker, _number(visit), given)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/inbox.html", await _inbox(visit, problem))


async def withdraw(visit: Visit) -> Response:
    """Take an own request back, and draw the list then."""
    problem = None
    try:
        await requests.withdraw(visit.parts, visit.asker, _number(visit))
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/requests.html", await _list(visit, problem))


async def appoint(visit: Visit) -> Response:
    """Have somebody decide in my place, or say why not."""
    form, problem = await read_form(visit), None
    try:
        given = requests.Appointment(
            delegate=form["delegate"].strip()[:128],
            since=_day(form["since"]),
            until=_day(form["until"]),
        )
        await requests.appoint(visit.parts, visit.asker, given)
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/delegates.html", await _delegates(visit, problem))


async def dismiss(visit: Visit) -> Response:
    """End a delegation of mine."""
    problem = None
    try:
        await requests.dismiss(visit.parts, visit.asker, _number(visit))
    except Error as error:
        problem = describe(error, visit.words)
    return visit.draw("parts/delegates.html", await _delegates(visit, problem))


async def show_form(visit: Visit) -> Response:
    """Draw the form of a request of the kind that the address names."""
    values = {**_form(visit), "words_for_page": visit.words.part(*WORDS)}
    return visit.draw("ask.html", values)


async def ask(visit: Visit) -> Response:
    """Make the request that the form describes, or say what it lacks."""
    form = await read_form(visit)
    try:
        made = await requests.submit(visit.parts, visit.asker, _asked(visit, form))
    except Error as error:
        return visit.draw("parts/asked.html", {"problem": describe(error, visit.words)})
    return visit.draw("parts/asked.html", {"problem": None, "request": made})


async def show_way(visit: Visit) -> Response:
    """Draw what can be done about a refusal: ask, or break the glass."""
    asked = visit.request.query_params
    names = ("device", "channel", "purpose", "since", "until")
    way = Way(*(asked.get(name, "")[:256] for name in names))
    known = visit.parts.purposes.known
    code = visit.parts.purposes.code_of(way.purpose) if way.purpose.strip() else ""
    policy = await emergencies.read_policy(visit.parts, visit.asker)
    values = {
        "way": way,
        "purpose": known.get(code),
        "choices": visit.parts.purposes.offered(),
        "language": visit.words.language.value,
        "hours": hours_for(way.kind),
        "policy": policy,
    }
    return visit.draw("parts/way.html", values)


async def break_glass(visit: Visit) -> Response:
    """Break the glass as the form says; the page hears of it and looks again."""
    form = await read_form(visit)
    try:
        given = emergencies.BreakGlass(
            purpose=form["purpose"][:32],
            case=form["case"].strip()[:64],
            reason=form["reason"].strip()[:500],
            cameras=[_camera(f"{form['device']}/{form['channel']}")],
            minutes=_figure(form["minutes"], 15.0),
        )
        await emergencies.smash(visit.parts, visit.asker, given)
    except Error as error:
        return visit.draw("parts/asked.html", {"problem": describe(error, visit.words)})
    response = visit.draw("parts/broken.html")
    response.headers["HX-Trigger"] = "glass-broken"
    return response


def hours_for(kind: Kind) -> tuple[int, ...]:
    """Return how many hours may be chosen for a yes of *kind*."""
    longest = RULES[kind].longest / 3600.0
    return tuple(each for each in (1, 4, 8, 24, 72, 168) if each <= longest)


async def _page(visit: Visit) -> dict[str, object]:
    person = visit.asker.person
    decides = person.may(Permission.APPROVE)
    return {
        **await _list(visit),
        **(await _inbox(visit) if decides else {}),
        **(await _delegates(visit) if decides else {}),
        "problem": None,
    }


async def _list(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    asked, person = visit.request.query_params, visit.asker.person
    size, audit = asked.get("size", ""), person.may(Permission.REVIEW)
    wanted = Wanted(
        "all" if audit else "mine",
        read_number(asked.get("number", "")),
        int(size) if size in map(str, SIZES) else 50,
    )
    query = RequestQuery(number=wanted.number, size=wanted.size)
    rows = await requests.find_requests(visit.parts, visit.asker, wanted.which, query)
    return {**_words(visit), "query": wanted, "rows": rows, "sizes": SIZES, "problem": problem}


async def _inbox(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    found = await asyncio.to_thread(visit.parts.approvals.to_decide, visit.asker.person)
    return {**_words(visit), "inbox": found, "problem": problem, "steps": STEPS}


async def _delegates(visit: Visit, problem: Problem | None = None) -> dict[str, object]:
    found = await asyncio.to_thread(visit.parts.approvals.delegates.of, visit.asker.person)
    return {"delegations": found, "own": visit.asker.person.id, "problem": problem, "again": None}


def _words(visit: Visit) -> dict[str, object]:
    language = visit.words.language.value

    def title(request: Request) -> str:
        return visit.parts.purposes.show(request.ask.purpose, language)

    return {"title": title, "own": visit.asker.person.id, "again": None}


def _form(visit: Visit) -> dict[str, object]:
    asked = visit.request.query_params
    kinds = {kind.value: kind for kind in Kind}
    kind = kinds.get(asked.get("kind", ""), Kind.FOOTAGE)
    return {
        "kind": kind,
        "kinds": list(Kind),
        "cameras": asked.get("camera", "")[:600],
        "purposes": _choices(visit),
        "chosen": asked.get("purpose", "")[:32],
        "language": visit.words.language.value,
        "hours": hours_for(kind),
        "masks": list(Mask),
        "relations": list(Relation),
        "interests": list(Interest),
        "officers": range(OFFICERS),
        "past": kind not in (Kind.LIVE, Kind.PURPOSE),
    }


def _choices(visit: Visit) -> tuple[Purpose, ...]:
    return tuple(each for each in visit.parts.purposes.offered() if not each.text or each.approval)


def _asked(visit: Visit, form: Form) -> requests.AskApproval:
    """Return what the form asks for; raises Invalid with what it lacks."""
    kinds = {kind.value: kind for kind in Kind}
    kind = kinds.get(form["kind"])
    if kind is None:
        raise Invalid("there is no such kind of request")
    lines = [line for line in form["cameras"].replace(",", "\n").split() if line.strip()]
    values: dict[str, object] = {
        "kind": kind,
        "purpose": visit.parts.purposes.code_of(form["purpose"]),
        "reason": form["reason"].strip()[:500],
        "case": form["case"].strip()[:64],
        "cameras": [_camera(line) for line in lines],
        "since": _moment(form["since"]),
        "until": _moment(form["until"]),
        "hours": _figure(form["hours"], 1.0),
        **_told(kind, form),
    }
    try:
        return requests.AskApproval.model_validate(values)
    except ValidationError as error:
        faults = tuple(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:20]
        )
        raise Invalid("the request is not complete", faults=faults) from None


def _told(kind: Kind, form: Form) -> dict[str, object]:
    """Return what the form tells for *kind* alone."""
    match kind:
        case Kind.RETRIEVAL:
            fields = ("name", "unit", "document")
            officers = [
                {field: form[f"officer-{number}-{field}"].strip() for field in fields}
                for number in range(OFFICERS)
            ]
            law = {"basis": form["basis"].strip(), "document": form["document"].strip()}
            return {"retrieval": {**law, "officers": officers}}
        case Kind.PUBLICATION:
            masks = [mask.value for mask in Mask if form[f"mask-{mask.value}"]]
            return {"publication": {"where": form["where"].strip(), "masks": masks}}
        case Kind.CITIZEN:
            named = ("name", "document", "relation", "interest", "supervisor")
            return {"citizen": {field: form[f"citizen-{field}"].strip() for field in named}}
        case Kind.PURPOSE:
            return {"change": {"before": form["before"].strip()}}
        case Kind.LIVE | Kind.FOOTAGE | Kind.EXPORT:
            return {}


def _camera(text: str) -> requests.CameraNamed:
    device, _, channel = text.partition("/")
    return requests.CameraNamed(device=device[:256], channel=(channel or device)[:256])


def _moment(text: str) -> datetime | None:
    """Return a moment of a form: UNIX time, s, or ISO 8601, local without a zone."""
    text = text.strip()[:40]
    try:
        if text.replace(".", "", 1).isdigit() and text.isascii():
            return datetime.fromtimestamp(float(text), UTC)
        return datetime.fromisoformat(text).astimezone() if text else None
    except (ValueError, OverflowError, OSError):
        raise Invalid(f"no moment: {text!r}") from None


def _day(text: str) -> datetime:
    found = _moment(text)
    if found is None:
        raise Invalid("both dates are needed")
    return found


def _figure(text: str, default: float) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _number(visit: Visit) -> int:
    text = str(visit.request.path_params["number"])
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
