"""Bytes on real sockets that no browser sends: nothing past the limits, nothing smuggled."""

import asyncio
import gzip

import pytest
from starlette.types import ASGIApp

from tongshi.app.web import Web

pytestmark = pytest.mark.network

HEAD = "POST /api/session HTTP/1.1\r\nHost: console\r\nContent-Type: application/json\r\n"
GET = "GET /api/health HTTP/1.1\r\nHost: console\r\n"
MANY = "".join(f"X-{number}: {number}\r\n" for number in range(60_000))
BOMB = gzip.compress(b'{"name":"' + b"x" * 20_000_000 + b'"}')


async def talk(web: Web, data: bytes) -> bytes:
    """Send *data* and return what is heard until the server is quiet or closes."""
    reader, writer = await asyncio.open_connection(web.host, web.port)
    heard = b""
    try:
        writer.write(data)
        async with asyncio.timeout(1.0):
            while chunk := await reader.read(65536):
                heard += chunk
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return heard


REFUSED: dict[str, bytes] = {
    "a length beyond the limit": f"{HEAD}Content-Length: 10000000\r\n\r\n".encode() + b"x" * 1000,
    "a length beyond any": f"{HEAD}Content-Length: {10**30}\r\n\r\n".encode(),
    "a negative length": f"{HEAD}Content-Length: -1\r\n\r\n".encode(),
    "two lengths": f"{HEAD}Content-Length: 2\r\nContent-Length: 4\r\n\r\n{{}}xx".encode(),
    "a length and chunks": (
        f"{HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x".encode()
    ),
    "chunks without end": f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
    + b"4000\r\n"
    + b"x" * 0x4000
    + b"\r\n"
    + b"4000\r\n"
    + b"x" * 0x4000
    + b"\r\n" * 1
    + b"4000\r\n"
    + b"x" * 0x4000
    + b"\r\n"
    + b"4000\r\n"
    + b"x" * 0x4000
    + b"\r\n"
    + b"4000\r\n"
    + b"x" * 0x4000
    + b"\r\n0\r\n\r\n",
    "another coding": f"{HEAD}Transfer-Encoding: gzip\r\n\r\n".encode(),
    "a packed bomb": f"{HEAD}Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n".encode()
    + BOMB,
    "a head without end": f"{GET}X-Long: {'a' * 200_000}\r\n\r\n".encode(),
    "heads by the thousand": f"{GET}{MANY}\r\n".encode(),
    "a folded head": f"{GET}X-A: b\r\n\r\n"[:-2].encode() + b"\x00: x\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "SIP": b"REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n",
    "a very old HTTP": b"GET /api/health\r\n\r\n",
    "deep JSON": f"{HEAD}Content-Length: 60000\r\n\r\n".encode() + b"[" * 60000,
}


def test_what_is_too_much_or_two_ways_to_read_is_refused(site: ASGIApp) -> None:
    async def main() -> None:
        web = Web(site, "127.0.0.1:0")
        await web.start()
        try:
            for way, data in REFUSED.items():
                heard = await talk(web, data)
                statuses = [line[9:12] for line in heard.split(b"\r\n") if line[:7] == b"HTTP/1."]
                assert len(statuses) <= 1, (way, heard)
                assert not statuses or statuses[0][:1] == b"4", (way, heard[:300])
            healthy = await talk(web, f"{GET}Connection: close\r\n\r\n".encode())
            assert healthy.startswith(b"HTTP/1.1 200")
        finally:
            await web.stop()

    asyncio.run(main())


def test_hosts_and_upgrades_of_an_attacker_lead_nowhere(site: ASGIApp) -> None:
    """No address of ours is made of a host that others named; no other protocol is spoken."""

    async def main() -> None:
        web = Web(site, "127.0.0.1:0")
        await web.start()
        try:
            for host in ("evil.example", "evil.example:80", "[", "a b", "x@evil.example", ""):
                heard = await talk(
                    web,
                    f"GET /live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode(),
                )
                head = heard.partition(b"\r\n\r\n")[0].lower()
                assert b" 500 " not in head[:20], (host, heard)
                assert b"location: http" not in head, (host, heard)
            upgrade = await talk(
                web,
                b"GET /api/events HTTP/1.1\r\nHost: x\r\n"
                b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            )
            assert upgrade.startswith(b"HTTP/1.1 401")
        finally:
            await web.stop()

    asyncio.run(main())
