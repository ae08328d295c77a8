"""The own account: password, second factor, recovery codes, own sign-ins, proving anew."""

import asyncio
from datetime import UTC, datetime

from starlette.responses import Response

from tongshi.access.identity import SHORTEST, is_certified
from tongshi.access.signin.step import SignedIn
from tongshi.api import factor
from tongshi.api.session import (
    LONGEST_CODE,
    actor,
    end_own,
    leave,
    leave_all,
    list_own,
    need_proof,
    set_cookie,
)
from tongshi.console.people import Form, read_form
from tongshi.console.visit import Visit, own_place
from tongshi.errors import Conflict, Denied, Invalid, Missing

WORDS = ("time",)


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
                visit.parts.sign_ins.change_password,
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
            await leave_all(visit.parts, asker.person.id)
            response = visit.go("/" if found.session.person.bar is None else "/account")
            set_cookie(response, visit.parts, found)
            return response
    return visit.draw("password.html", {"told": told, "least": SHORTEST}, status=400)


async def show_proof(visit: Visit) -> Response:
    """Draw the page on which people prove anew who they are."""
    return _proof(visit, own_place(visit.request.query_params.get("next", ""), "/account"))


async def prove(visit: Visit) -> Response:
    """Take the proof and go back to what needed it."""
    form, asker = await read_form(visit), visit.asker
    place = own_place(form["next"], "/account")
    try:
        found = await asyncio.to_thread(
            visit.parts.sign_ins.prove, asker.session, form["secret"], asker.address
        )
    except Denied:
        return _proof(visit, place, wrong=True)
    return await _renew(visit, found, visit.go(place))


def _proof(visit: Visit, place: str, *, wrong: bool = False) -> Response:
    values = {"next": place, "wrong": wrong, "totp": visit.asker.person.totp}
    return visit.draw("proof.html", values, status=401 if wrong else 200)


async def _renew(visit: Visit, found: SignedIn, response: Response) -> Response:
    await leave(visit.parts, found.ended)
    set_cookie(response, visit.parts, found)
    return response


async def show_account(visit: Visit) -> Response:
    """Draw the own account."""
    return await _account(visit)


async def begin_factor(visit: Visit) -> Response:
    """Offer a new second factor, with its QR code."""
    offered = await factor.offer(visit.parts, visit.asker)
    return await _account(visit, secret=offered.secret)


async def show_image(visit: Visit) -> Response:
    """Return the QR code of what is being enrolled."""
    return await factor.draw(visit.parts, visit.asker)


async def confirm_factor(visit: Visit) -> Response:
    """Put the second factor in use, and tell the recovery codes once."""
    form, asker = await read_form(visit), visit.asker
    need_proof(visit.parts, asker)
    code = form["code"][:LONGEST_CODE]
    try:
        done = await asyncio.to_thread(
            visit.parts.sign_ins.confirm_factor, asker.session, code, asker.address
        )
    except Denied:
        return await _account(visit, secret=await _pending(visit), wrong=True)
    await leave_all(visit.parts, asker.person.id)
    response = visit.draw("codes.html", {"codes": done.codes})
    set_cookie(response, visit.parts, done.signed_in)
    return response


async def _pending(visit: Visit) -> str:
    try:
        found = await asyncio.to_thread(visit.parts.factors.pending, visit.asker.person.id)
    except Missing:
        return ""
    return found.secret


async def renew_codes(visit: Visit) -> Response:
    """Make recovery codes anew, and tell them once."""
    need_proof(visit.parts, visit.asker)
    codes = await asyncio.to_thread(
        visit.parts.factors.renew_codes, visit.asker.person.id, actor(visit.asker)
    )
    return visit.draw("codes.html", {"codes": codes})


async def remove_factor(visit: Visit) -> Response:
    """Take the own second factor off, where it is not needed."""
    try:
        await factor.remove(visit.parts, visit.asker)
    except Conflict:
        return visit.go("/account")
    return visit.go("/account")


async def end_sign_in(visit: Visit) -> Response:
    """End one of the own sign-ins."""
    form: Form = await read_form(visit)
    if form["id"] == visit.asker.session.digest:
        return visit.go("/account")
    await end_own(visit.parts, visit.asker, form["id"][:64])
    return visit.go("/account")


async def _account(visit: Visit, *, secret: str = "", wrong: bool = False) -> Response:
    person, parts = visit.asker.person, visit.parts
    wall = parts.clock.wall()
    values = {
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "wrong": wrong,
        "bar": person.bar.value if person.bar is not None else "",
        "certified": is_certified(person, wall),
        "trained": day(person.trained_at),
        "certified_until": day(person.certified_until),
        "ends": day(person.ends_at),
        "needed": parts.sign_ins.needs_factor(person),
        "left": await asyncio.to_thread(parts.factors.count_codes, person.id),
        "sign_ins": await list_own(parts, visit.asker),
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("account.html", values, status=400 if wrong else 200)


def day(wall: float | None) -> str:
    """Return a moment as a day of the node's zone, ``2026-11-20``; empty for None."""
    return "" if wall is None else datetime.fromtimestamp(wall, UTC).astimezone().date().isoformat()
