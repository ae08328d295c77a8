"""People, for the administrator of security: list, add, change, reset, close, bind."""

from datetime import date, datetime, time, timedelta

from pydantic import ValidationError
from starlette.responses import Response

from tongshi.access.permission import ADMINISTRATORS, Role
from tongshi.api import people
from tongshi.api.people import Dates, NewBinding, NewPerson, PasswordTold, PersonShown
from tongshi.api.problem import Problem, describe
from tongshi.api.session import need_proof
from tongshi.console.account import day
from tongshi.console.people import Form, read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error, Invalid, Missing, ProofNeeded

WORDS = ("time", "state", "advice", "problem")
ROLES = tuple(role.value for role in Role if role is not Role.SERVICE)
"""Roles of people; services are made with their tokens."""
BLANK = {
    "name": "",
    "shown": "",
    "unit": "",
    "role": Role.OPERATOR.value,
    "ends": "",
    "trained": "",
    "certified": "",
}


async def show_people(visit: Visit) -> Response:
    """Draw the page."""
    return await _draw_all(visit)


async def add_person(visit: Visit) -> Response:
    """Make an account, and tell its password once."""
    need_proof(visit.parts, visit.asker)
    form = await read_form(visit)
    filled = {name: form[name].strip() for name in BLANK}
    try:
        given = NewPerson(name=form["name"].strip(), **_dates(form).model_dump())
        made = await people.add_person(visit.parts, visit.asker, given)
    except (Error, ValidationError) as error:
        return await _draw_all(visit, problem=_tell(visit, error), filled=filled)
    return await _draw_all(visit, made=made)


async def show_person(visit: Visit) -> Response:
    """Draw one account."""
    return await _draw_one(visit)


async def change_person(visit: Visit) -> Response:
    """Change an account."""
    need_proof(visit.parts, visit.asker)
    form = await read_form(visit)
    try:
        await people.change_person(visit.parts, visit.asker, _id(visit), _dates(form))
    except (Error, ValidationError) as error:
        return await _draw_one(visit, problem=_tell(visit, error))
    return visit.go(f"/people/{_id(visit)}")


async def act(visit: Visit) -> Response:
    """Reset, close, open or bind an account."""
    need_proof(visit.parts, visit.asker)
    form = await read_form(visit)
    parts, asker, number = visit.parts, visit.asker, _id(visit)
    made = None
    try:
        match form["act"]:
            case "reset":
                made = await people.reset_password(parts, asker, number)
            case "totp":
                await people.remove_factor(parts, asker, number)
            case "disable":
                await people.disable(parts, asker, number)
            case "enable":
                await people.enable(parts, asker, number)
            case "bind":
                binding = NewBinding(subject=form["subject"].strip(), email=form["email"].strip())
                await people.bind(parts, asker, number, binding)
            case other:
                raise Invalid(f"nothing is done so: {other[:40]!r}")
    except (Error, ValidationError) as error:
        return await _draw_one(visit, problem=_tell(visit, error))
    return visit.go(f"/people/{number}") if made is None else await _draw_one(visit, made=made)


def _id(visit: Visit) -> int:
    text = str(visit.request.path_params["person_id"])
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Missing("no such person")
    return int(text)


def _dates(form: Form) -> Dates:
    role = form["role"]
    if role not in ROLES:
        raise Invalid(f"a person has no such role: {role[:40]!r}")
    return Dates(
        shown=form["shown"].strip(),
        unit=form["unit"].strip(),
        role=Role(role),
        ends=read_day(form["ends"], end=True),
        trained=read_day(form["trained"]),
        certified_until=read_day(form["certified"], end=True),
    )


def read_day(text: str, *, end: bool = False) -> datetime | None:
    """Return the beginning, or the last second, of a day of the node's zone; None for no text.

    Raises Invalid for what is no day.
    """
    if not text:
        return None
    try:
        begun = datetime.combine(date.fromisoformat(text), time.min)
        if end:
            begun += timedelta(days=1, seconds=-1)
        return begun.astimezone()
    except (ValueError, OverflowError) as error:
        raise Invalid(f"no day: {text[:20]!r}") from error


def _tell(visit: Visit, error: Error | ValidationError) -> Problem:
    if isinstance(error, ProofNeeded):
        raise error
    if isinstance(error, ValidationError):
        faults = tuple(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        return describe(Invalid("the form breaks its rules", faults=faults), visit.words)
    return describe(error, visit.words)


async def _draw_all(
    visit: Visit,
    *,
    problem: Problem | None = None,
    made: PasswordTold | None = None,
    filled: dict[str, str] | None = None,
) -> Response:
    everybody = await people.list_people(visit.parts, visit.asker)
    values = {
        "everybody": [(one, _days(one)) for one in everybody],
        "roles": ROLES,
        "filled": filled or BLANK,
        "problem": problem,
        "made": made,
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("people.html", values, status=200 if problem is None else problem.status)


async def _draw_one(
    visit: Visit, *, problem: Problem | None = None, made: PasswordTold | None = None
) -> Response:
    one = await people.read_person(visit.parts, visit.asker, _id(visit))
    ends, trained, certified = _days(one)
    values = {
        "one": one,
        "filled": {
            "shown": one.shown,
            "unit": one.unit,
            "role": one.role,
            "ends": ends,
            "trained": trained,
            "certified": certified,
        },
        "roles": ROLES,
        "administrator": Role(one.role) in ADMINISTRATORS,
        "issuer": visit.parts.settings.access.oidc_issuer,
        "binding": await people.read_binding(visit.parts, visit.asker, one.id),
        "problem": problem,
        "made": made,
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("person.html", values, status=200 if problem is None else problem.status)


def _days(one: PersonShown) -> tuple[str, str, str]:
    """Return end, training and certificate of an account as days."""
    told = (one.ends, one.trained, one.certified_until)
    ends, trained, certified = (
        day(None if text is None else datetime.fromisoformat(text).timestamp()) for text in told
    )
    return ends, trained, certified
