"""Signing in by one step or two, and out; language and look."""

import asyncio

from starlette.datastructures import FormData
from starlette.responses import Response

from tongshi.access.identity import Bar
from tongshi.access.signin.step import SignedIn, Step
from tongshi.api.asker import LANGUAGE_COOKIE, address_of
from tongshi.api.session import (
    LONGEST_CODE,
    clear_cookie,
    end,
    leave,
    set_cookie,
    set_step,
    step_cookie,
)
from tongshi.api.text import Language
from tongshi.console.visit import THEME_COOKIE, THEMES, Visit, keep, own_place
from tongshi.errors import Denied, Exhausted


class Form:
    """The texts of a submitted form; what is not there is ``""``."""

    def __init__(self, values: FormData) -> None:
        self._values = {name: text for name, text in values.items() if isinstance(text, str)}

    def __getitem__(self, name: str) -> str:
        return self._values.get(name, "")


async def read_form(visit: Visit) -> Form:
    """Return what was submitted; no files are taken."""
    async with visit.request.form(max_files=0, max_fields=100) as values:
        return Form(values)


async def show_door(visit: Visit) -> Response:
    """Draw the sign-in page; who is signed in already goes on."""
    asked = visit.request.query_params
    place = own_place(asked.get("next", ""), "/")
    if visit.found is not None:
        return visit.go(place)
    return _door(visit, place, ended="ended" in asked)


async def sign_in(visit: Visit) -> Response:
    """Take the first step of signing in."""
    form = await read_form(visit)
    name, place = form["name"], own_place(form["next"], "/")
    words = visit.words
    try:
        found = await asyncio.to_thread(
            visit.parts.sign_ins.begin, name, form["password"], address_of(visit.request)
        )
    except Denied:
        told = (words("door.refused"), words("door.refused_advice"))
        return _door(visit, place, name=name, told=told, status=401)
    except Exhausted:
        return _door(visit, place, name=name, told=(words("door.busy"), ""), status=503)
    return await go_on(visit, found, place)


async def give_code(visit: Visit) -> Response:
    """Take the second step of signing in."""
    form = await read_form(visit)
    place, parts = own_place(form["next"], "/"), visit.parts
    token = visit.request.cookies.get(step_cookie(secure=parts.settings.web.secure), "")
    code = form["code"][:LONGEST_CODE]
    try:
        found = await asyncio.to_thread(
            parts.sign_ins.second, token, code, address_of(visit.request)
        )
    except Denied:
        told = (visit.words("door.code_refused"), visit.words("door.code_advice"))
        return ask_code(visit, place, told=told)
    return await go_on(visit, found, place)


async def go_on(visit: Visit, found: SignedIn | Step, place: str) -> Response:
    """Return what follows a right step: the second one, what the account needs, or the work."""
    if isinstance(found, Step):
        response = ask_code(visit, place)
        set_step(response, visit.parts, found)
        return response
    await leave(visit.parts, found.ended)
    person = found.session.person
    if person.bar is Bar.CHANGE:
        place = "/password"
    elif person.bar is not None:
        place = "/account"
    response = visit.go(place)
    set_cookie(response, visit.parts, found)
    return response


def ask_code(visit: Visit, place: str, *, told: tuple[str, str] | None = None) -> Response:
    """Draw the second step."""
    status = 200 if told is None else 401
    return visit.draw("code.html", {"next": place, "told": told}, status=status)


def _door(
    visit: Visit,
    place: str,
    *,
    name: str = "",
    ended: bool = False,
    told: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    outer = bool(visit.parts.settings.access.oidc_issuer)
    values = {"next": place, "name": name, "ended": ended, "told": told, "outer": outer}
    return visit.draw("door.html", values, status=status)


async def sign_out(visit: Visit) -> Response:
    """Sign out: open views of this sign-in end as well."""
    await end(visit.request, visit.parts, visit.asker.session.digest)
    response = visit.go("/sign-in")
    clear_cookie(response, visit.parts)
    return response


async def prefer(visit: Visit) -> Response:
    """Remember language or look, and go back to where they were chosen."""
    form = await read_form(visit)
    language, theme = form["language"], form["theme"]
    response = visit.go(own_place(form["back"], "/"))
    secure = visit.parts.settings.web.secure
    if language in {each.value for each in Language}:
        keep(response, LANGUAGE_COOKIE, language, secure=secure)
    if theme in THEMES:
        keep(response, THEME_COOKIE, theme, secure=secure)
    return response
