"""The own second factor: enrolling it, its picture for a device, recovery codes."""

import asyncio
import io
from dataclasses import dataclass
from typing import Annotated

import segno
from fastapi import Body
from starlette.responses import JSONResponse, Response

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.session import Code, actor, leave_all, need_proof, set_cookie
from tongshi.errors import Denied


@dataclass(frozen=True, slots=True)
class Offered:
    """What a device takes to make codes.  secret: base 32, to be typed.  address: otpauth://."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Codes:
    """Recovery codes: told once, each opens once."""

    codes: tuple[str, ...]


async def offer(parts: PartsOf, asker: AskerOf) -> Offered:
    """Begin to enrol one-time codes; what is in use stays until a code proves the new one."""
    need_proof(parts, asker)
    made = await asyncio.to_thread(parts.factors.enrol, asker.person.id)
    return Offered(made.secret, made.address)


async def draw(parts: PartsOf, asker: AskerOf) -> Response:
    """Return the QR code of what is being enrolled, as SVG."""
    need_proof(parts, asker)
    pending = await asyncio.to_thread(parts.factors.pending, asker.person.id)
    headers = {"Cache-Control": "no-store"}
    return Response(draw_code(pending.address), media_type="image/svg+xml", headers=headers)


def draw_code(text: str) -> bytes:
    """Return *text* as a QR code: an SVG without scripts, styles or references."""
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue()


async def confirm(parts: PartsOf, asker: AskerOf, given: Annotated[Code, Body()]) -> Response:
    """Put the offered second factor in use; every other sign-in of this person ends."""
    need_proof(parts, asker)
    done = await asyncio.to_thread(
        parts.sign_ins.confirm_factor, asker.session, given.code, asker.address
    )
    await leave_all(parts, asker.person.id)
    response = JSONResponse({"codes": list(done.codes)}, headers={"Cache-Control": "no-store"})
    set_cookie(response, parts, done.signed_in)
    return response


async def renew_codes(parts: PartsOf, asker: AskerOf) -> Codes:
    """Make the recovery codes anew; the old ones open nothing any more."""
    need_proof(parts, asker)
    return Codes(await asyncio.to_thread(parts.factors.renew_codes, asker.person.id, actor(asker)))


async def remove(parts: PartsOf, asker: AskerOf) -> Response:
    """Take the own second factor off, where it is not needed."""
    need_proof(parts, asker)
    if parts.sign_ins.needs_factor(asker.person):
        raise Denied("the role needs one-time codes: enrol another device instead")
    await asyncio.to_thread(parts.factors.remove, asker.person.id, actor(asker))
    return Response(status_code=204)
