"""Where devices bring pictures: ``PUT`` or ``POST`` to a one-time address, without signing in.

The key in the address is all that lets a device in, so everything else is distrusted: the body has
a limit and a time, it must be a JPEG by its head and its end, and its name is noted, not used.
Devices append a name to the address, or send none, send a form or the bare picture; all are taken.

| answer | when |
|---|---|
| 200 | the picture is kept |
| 400 | it is none, or it is cut off, or it came too slowly |
| 403 | it comes from another host than the device is at, and its profile does not allow that |
| 404 | the key is unknown, or its order is over |
| 503 | every picture of the order has come |

Source: GB/T 28181-2022 9.14.
"""

import asyncio
import logging
from ipaddress import ip_address

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tongshi.api.asker import PartsOf, address_of
from tongshi.api.parts import Parts
from tongshi.errors import Denied, Error, Invalid
from tongshi.shelf.jpeg import measure
from tongshi.shelf.parcel import unpack

_log = logging.getLogger(__name__)

PATIENCE = 20.0
"""How long one upload may take, s."""
LARGEST = 12 * 1024 * 1024
"""Bytes of an upload at the most."""


async def take_picture(parts: PartsOf, request: Request, key: str) -> Response:
    """Take a picture that was ordered.  The key is told to one device, for one order."""
    order = parts.pictures.take(key)
    source = address_of(request)
    try:
        check_source(parts, order.device_id, order.host, source)
        parcel = unpack(request.headers.get("content-type", ""), await read_body(request))
        measure(parcel.data)
        kept = await order.keep(parcel.name, parcel.data)
    except Error as error:
        parts.pictures.leave(order)
        _log.warning(
            "event=upload-refused device_id=%s from=%s why=%r", order.device_id, source, str(error)
        )
        raise
    except BaseException:
        parts.pictures.leave(order)
        raise
    parts.pictures.fill(order, kept)
    return Response(status_code=200)


def check_source(parts: Parts, device_id: str, host: str, source: str) -> None:
    """Raise Denied for another host than the device is at, unless that is its way.

    Behind a proxy on this machine nobody knows where a request comes from; its key has to do then.
    """
    if source == host or _is_here(source):
        return
    if not parts.profiles.of(device_id).upload_anywhere:
        text = f"{device_id} is at {host}, not at {source}"
        raise Denied(text, helps="upload_anywhere in the device's profile")


def _is_here(source: str) -> bool:
    try:
        return ip_address(source).is_loopback
    except ValueError:
        return False


async def take_named_picture(parts: PartsOf, request: Request, key: str, name: str) -> Response:
    """The same, for devices that append a name to the address; it is of no meaning here."""
    del name
    return await take_picture(parts, request, key)


async def read_body(request: Request) -> bytes:
    """Return the body; raises Invalid when it is too large, too slow, or was cut off."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST:
                    raise Invalid(f"the picture is larger than {LARGEST} bytes")
    except TimeoutError:
        raise Invalid(f"the picture took longer than {PATIENCE:g} s") from None
    except ClientDisconnect:
        raise Invalid("the picture was cut off") from None
    return bytes(body)
