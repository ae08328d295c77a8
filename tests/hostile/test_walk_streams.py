"""The walk over every address of the viewers' door: whoever shows no ticket that counts gets 404.

The same 404, byte for byte, whether a ticket never was, was used, is late, was revoked, is for the
other kind of address, or is for the sign-in of somebody else.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tongshi.access.identity import digest_token
from tongshi.gateway.engine import Speak, Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.gateway.tickets import Bond
from tongshi.gateway.viewers import _PREFIX
from tongshi.settings import MediaSettings

pytestmark = pytest.mark.network
HOST = "127.0.0.1"
COOKIE = "the token of who asked"
BOND = Bond(digest_token(COOKIE), HOST)
PREFIXES = {b"/play/", b"/talk/"}
"""Every kind of address that the door has; a new one is told here, with its tickets below."""


@asynccontextmanager
async def door() -> AsyncIterator[Local]:
    """An engine with a stream and a talk, and tickets in every state."""
    settings = MediaSettings(
        workers=0, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0", talks=3
    )
    engine = Local(settings)
    await engine.start()
    try:
        await engine.talks.open(Speak("t", Transport.UDP, (HOST,)))
        yield engine
    finally:
        await engine.stop()


async def knock(engine: Local, path: str, cookie: str = "", *more: str) -> bytes:
    """Return all that the door says to a WebSocket's request."""
    reader, writer = await asyncio.open_connection(HOST, engine.viewer_port("t"))
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {HOST}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([f"Cookie: tongshi_session={cookie}"] if cookie else []),
        *more,
        "",
        "",
    ]
    writer.write("\r\n".join(lines).encode())
    try:
        async with asyncio.timeout(10):
            return await reader.read(4096)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def test_the_door_has_no_other_kinds_of_addresses() -> None:
    async def run() -> None:
        async with door() as engine:
            assert {_PREFIX, *engine._door.others} == PREFIXES

    asyncio.run(run())


def test_every_ticket_that_does_not_count_is_refused_with_one_answer() -> None:
    async def run() -> None:
        async with door() as engine:
            talks = engine.talks
            for ticket in ("good", "revoked", "bound", "used"):
                await talks.admit("t", ticket, expires_s=60, bond=BOND)
            await talks.admit("t", "late", expires_s=0.0, bond=BOND)
            await engine.revoke("revoked", "stopped")
            assert b" 101 " in (await knock(engine, "/talk/used", COOKIE))[:20]
            told = {
                await knock(engine, path, cookie)
                for path, cookie in (
                    ("/talk/never", COOKIE),
                    ("/talk/late", COOKIE),
                    ("/talk/revoked", COOKIE),
                    ("/talk/used", COOKIE),
                    ("/talk/bound", ""),
                    ("/talk/bound", "the token of another"),
                    ("/talk/bound", digest_token(COOKIE)),
                    ("/play/bound", COOKIE),
                    ("/play/never", COOKIE),
                    ("/play/../talk/good", COOKIE),
                    ("/talk//good", COOKIE),
                    ("/talk/good/", COOKIE),
                    ("/talk/good?x", COOKIE),
                    ("/talk/%67ood", COOKIE),
                    ("/TALK/good", COOKIE),
                    ("/talk/", COOKIE),
                    ("/talk", COOKIE),
                    ("/", COOKIE),
                    (f"/talk/{'a' * 500}", COOKIE),
                )
            }
            assert len(told) == 1, told
            [one] = told
            assert one.startswith(b"HTTP/1.1 404")
            again = await knock(engine, "/talk/bound", COOKIE)
            assert again.startswith(b"HTTP/1.1 101"), "others' tries did not spend it"

    asyncio.run(run())


def test_guesses_in_thousands_open_nothing_and_stop_nobody() -> None:
    async def run() -> None:
        async with door() as engine:
            await engine.talks.admit("t", "good", expires_s=60, bond=BOND)
            for number in range(0, 1000, 50):
                tries = (
                    knock(engine, f"/talk/{each:043}", COOKIE)
                    for each in range(number, number + 50)
                )
                assert all(b" 404 " in told[:20] for told in await asyncio.gather(*tries))
            assert (await knock(engine, "/talk/good", COOKIE)).startswith(b"HTTP/1.1 101")

    asyncio.run(run())
