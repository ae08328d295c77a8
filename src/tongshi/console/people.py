"""Signing in and out, the own password, language and look."""

import asyncio

from starlette.datastructures import FormData
from starlette.responses import Response

from tongshi.access.identity import SHORTEST
from tongshi.api.asker import LANGUAGE_COOKIE, address_of
from tongshi.api.session import clear_cookie, end, set_cookie
from tongshi.api.text import Language
from tongshi.console.visit import THEME_COOKIE, THEMES, Visit, keep, own_place
from tongshi.errors import Denied, Exhausted, Invalid


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
    place = own_place(asked.get("next", ""))
    if visit.found is not None:
        return visit.go(place)
    return _door(visit, place, ended="ended" in asked)


async def sign_in(visit: Visit) -> Response:
    """Sign in and go on to what was asked for."""
    form = await read_form(visit)
    name, place = form["name"], own_place(form["next"])
    words = visit.words
    try:
        found = await asyncio.to_thread(
            visit.parts.people.sign_in, name, form["password"], address_of(visit.request)
        )
    except Denied:
        told = (words("door.refused"), words("door.refused_advice"))
        return _door(visit, place, name=name, told=told, status=401)
    except Exhausted:
        return _door(visit, place, name=name, told=(words("door.busy"), ""), status=503)
    response = visit.go("/password" if found.session.person.must_change else place)
    set_cookie(response, visit.parts, found)
    return response


def _door(
    visit: Visit,
    place: str,
    *,
    name: str = "",
    ended: bool = False,
    told: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    values = {"next": place, "name": name, "ended": ended, "told": told}
    return visit.draw("door.html", values, status=status)


async def sign_out(visit: Visit) -> Response:
    """Sign out: open views of this sign-in end as well."""
    await end(visit.request, visit.parts, visit.asker.session.digest)
    response = visit.go("/sign-in")
    clear_cookie(response, visit.parts)
    return response


async def show_password(visit: Visit) -> Response:
    """Draw the page on which people change their own password."""
    return visit.draw("password.html", {"told": None, "least": SHORTEST})


async def change_password(visit: Visit) -> Response:
    """Change the own password and go on."""
    form = await read_form(visit)
    words, asker = visit.words, visit.asker
    new = form["new"]
    told: tuple[str, str]
    if new != form["again"]:
        told = (words("account.differ"), "")
    else:
        try:
            found = await asyncio.to_thread(
                visit.parts.people.change_password,
                asker.person.id,
                form["present"],
                new,
                asker.address,
            )
        except Denied:
            told = (words("account.wrong"), "")
        except Invalid:
            told = (words("account.refused"), words("account.rule", least=SHORTEST))
        else:
            visit.parts.feed.end(asker.session.digest)
            await visit.parts.views.end_person(asker.person.id)
            await visit.parts.talking.end_person(asker.person.id)
            response = visit.go("/live")
            set_cookie(response, visit.parts, found)
            return response
    return visit.draw("password.html", {"told": told, "least": SHORTEST}, status=400)


async def prefer(visit: Visit) -> Response:
    """Remember language or look, and go back to where they were chosen."""
    form = await read_form(visit)
    language, theme = form["language"], form["theme"]
    response = visit.go(own_place(form["back"]))
    secure = visit.parts.settings.web.secure
    if language in {each.value for each in Language}:
        keep(response, LANGUAGE_COOKIE, language, secure=secure)
    if theme in THEMES:
        keep(response, THEME_COOKIE, theme, secure=secure)
    return response
