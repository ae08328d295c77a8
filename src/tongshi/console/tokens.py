"""Tokens of programs: made, told once, revoked; what each used, as a picture and as a table."""

import asyncio
from dataclasses import dataclass

from pydantic import ValidationError
from starlette.responses import Response

from tongshi.access.identity import LONGEST_NAME, Person
from tongshi.access.permission import Role
from tongshi.api import people, tokens
from tongshi.api.people import NewPerson
from tongshi.api.problem import Problem, describe
from tongshi.api.tokens import AskToken, NewQuotas, TokenTold, state_of
from tongshi.console.people import Form, read_form
from tongshi.console.staff import read_day
from tongshi.console.visit import Visit
from tongshi.errors import Error, Invalid, Missing, ProofNeeded
from tongshi.tokens.token import OFFERED
from tongshi.tokens.usage import HOUR, Line, Period, UsageQuery, Used, hour_of, total

WORDS = ("time", "state", "advice", "problem")
HOURS = 48
"""How far back the picture goes."""
DAYS = 31
"""How far back the table goes by days; by months a year."""
PERIODS = (Period.HOUR, Period.DAY, Period.MONTH)
QUOTAS = ("calls_minute", "calls_day", "stream_day", "bytes_day")
BLANK = dict.fromkeys(("account", "service", "unit", "name", "ends", "networks", *QUOTAS), "")


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the picture.  at: UNIX time of its begin, s.  height: 0 to 1 of the highest."""

    at: int
    used: Used
    height: float


async def show_tokens(visit: Visit) -> Response:
    """Draw the page."""
    return await _draw(visit)


async def make_token(visit: Visit) -> Response:
    """Make a token, of a new account if no other is chosen, and tell it once."""
    form = await read_form(visit)
    filled = {name: form[name].strip()[:200] for name in BLANK}
    scopes = [scope.value for scope in OFFERED if form[f"scope.{scope.value}"]]
    try:
        ask = _ask(form, scopes, await _account(visit, form))
        made = await tokens.make_token(visit.parts, visit.asker, ask)
    except ProofNeeded:
        raise
    except (Error, ValidationError) as error:
        problem = describe(read_faults(error), visit.words)
        return await _draw(visit, problem=problem, filled=filled, chosen=scopes)
    return await _draw(visit, made=made)


async def revoke_token(visit: Visit) -> Response:
    """Have a token count no more, and end what it watches."""
    await tokens.revoke_token(visit.parts, visit.asker, number_of(visit, "token_id"))
    return visit.go("/tokens")


def number_of(visit: Visit, name: str) -> int:
    """Return the number of a row from the address; raises Missing for what is none."""
    text = str(visit.request.path_params[name])
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Missing("there is none")
    return int(text)


def read_faults(error: Error | ValidationError) -> Error:
    """Return *error* as one of ours, every fault in a sentence."""
    if isinstance(error, Error):
        return error
    told = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return Invalid("the form breaks its rules", faults=tuple(told))


async def _account(visit: Visit, form: Form) -> int:
    """Return the account of a service that is chosen, or a new one of the given name."""
    if form["account"]:
        return _whole(form["account"], "account") or 0
    name = form["service"].strip()
    shown, unit = name[:LONGEST_NAME], form["unit"].strip()
    given = NewPerson(name=name, shown=shown, unit=unit, role=Role.SERVICE)
    return (await people.add_person(visit.parts, visit.asker, given)).person.id


def _ask(form: Form, scopes: list[str], account: int) -> AskToken:
    ends = read_day(form["ends"], end=True)
    if ends is None:
        raise Invalid("a token needs an end")
    amounts = {name: _whole(form[name], name) for name in QUOTAS}
    return AskToken(
        account=account,
        name=form["name"].strip(),
        scopes=scopes,
        ends=ends,
        networks=form["networks"].split(),
        quotas=NewQuotas(**amounts),
    )


def _whole(text: str, name: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 17):
        raise Invalid(f"{name} is no whole number: {text[:20]!r}")
    return int(text)


async def _draw(
    visit: Visit,
    *,
    problem: Problem | None = None,
    made: TokenTold | None = None,
    filled: dict[str, str] | None = None,
    chosen: list[str] | None = None,
) -> Response:
    wall = visit.parts.clock.wall()
    found = await asyncio.to_thread(visit.parts.tokens.everything)
    period = _period(visit)
    values = {
        "rows": [(token, state_of(token, wall)) for token in found],
        "services": await asyncio.to_thread(_services, visit),
        "scopes": [scope.value for scope in OFFERED],
        "chosen": ["see-devices"] if chosen is None else chosen,
        "filled": filled or BLANK,
        "problem": problem,
        "made": made,
        "bars": await asyncio.to_thread(_picture, visit, wall),
        "usage": await asyncio.to_thread(_table, visit, wall, period),
        "period": period.value,
        "periods": [each.value for each in PERIODS],
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("tokens.html", values, status=200 if problem is None else problem.status)


def _services(visit: Visit) -> list[Person]:
    everybody = visit.parts.people.everybody()
    return [each for each in everybody if each.role is Role.SERVICE and not each.disabled]


def _period(visit: Visit) -> Period:
    asked = visit.request.query_params.get("period", "")
    return next((each for each in PERIODS if each.value == asked), Period.DAY)


def _picture(visit: Visit, wall: float) -> list[Bar]:
    """Return the last hours, those in which nothing was used included."""
    since = hour_of(wall) - (HOURS - 1) * HOUR
    lines = visit.parts.tokens.usage(UsageQuery(since, wall + 1, Period.HOUR))
    hours = [since + number * HOUR for number in range(HOURS)]
    sums = [total(line for line in lines if line.begin == hour) for hour in hours]
    most = max(1, *(used.calls for used in sums))
    return [Bar(hour, used, used.calls / most) for hour, used in zip(hours, sums, strict=True)]


def _table(visit: Visit, wall: float, period: Period) -> list[Line]:
    """Return what each token used, newest first."""
    days = {Period.HOUR: HOURS / 24, Period.DAY: DAYS}.get(period, 366)
    query = UsageQuery(max(0.0, wall - days * 86400), wall + 1, period)
    return list(reversed(visit.parts.tokens.usage(query)))
