"""A thousand devices that raise alarms, move and change: none of it is lost, memory stays flat.

Rates are those of all devices together; ``TONGSHI_SCALE_SECONDS`` and ``TONGSHI_SCALE_RATE`` make
it longer and faster than the tests do.
"""

import asyncio
import gc
import logging
import os
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tongshi.access.scope import EVERYTHING
from tongshi.alarms.alarm import Query
from tongshi.app.node import Node
from tongshi.digest import Challenge, answer
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp import (
    CONTENT_TYPE,
    AlarmNotify,
    CatalogNotify,
    Message,
    MobilePosition,
    Position,
    write,
)
from tongshi.registry.entry import CatalogStanding, CatalogState
from tongshi.registry.position import Query as Where
from tongshi.settings import (
    EventSettings,
    MediaSettings,
    NodeSettings,
    Settings,
    SignallingSettings,
    StoreSettings,
    WebSettings,
)
from tongshi.sip.message import Request, Response, parse

_log = logging.getLogger(__name__)

DEVICES = 1000
SECONDS = float(os.environ.get("TONGSHI_SCALE_SECONDS", "10"))
RATE = float(os.environ.get("TONGSHI_SCALE_RATE", "30"))
"""Of each kind, a second."""
SERVER = "34020000002000000001"
SECRET = "a word for devices"


def device_of(number: int) -> str:
    return f"3402000000118{number:07d}"


def camera_of(number: int) -> str:
    return f"3402000000131{number:07d}"


@dataclass
class Crowd(asyncio.DatagramProtocol):
    """All devices behind one socket: they register, tell, and hear what is answered."""

    target: tuple[str, int]
    transport: asyncio.DatagramTransport | None = None
    number: int = 0
    waiting: dict[str, asyncio.Future[Response]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse(data)
        if isinstance(message, Response):
            self.heard[f"{message.cseq[1]} {message.status}"] += 1
            future = self.waiting.pop(message.call_id, None)
            if future is not None and not future.done():
                future.set_result(message)
            return
        self.heard[message.method] += 1
        refused = message.method == "SUBSCRIBE"
        response = message.response(489 if refused else 200)
        assert self.transport is not None
        self.transport.sendto(response.encode(), addr)

    async def ask(
        self,
        method: str,
        device_id: str,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Response:
        """Send, again where nothing comes, and return the answer."""
        self.number += 1
        call_id = f"c{self.number}"
        host, port = self.target
        request = Request(
            method,
            f"sip:{SERVER}@3402000000",
            [
                ("Via", f"SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK{call_id}"),
                ("From", f"<sip:{device_id}@3402000000>;tag=1"),
                ("To", f"<sip:{device_id}@3402000000>"),
                ("Call-ID", call_id),
                ("CSeq", f"1 {method}"),
                ("Max-Forwards", "70"),
                ("Content-Type", CONTENT_TYPE),
                *headers,
            ],
            body,
        )
        for _ in range(8):
            future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
            self.waiting[call_id] = future
            assert self.transport is not None
            self.transport.sendto(request.encode(), (host, port))
            try:
                async with asyncio.timeout(1.0):
                    return await future
            except TimeoutError:
                continue
        raise AssertionError(f"nobody answers {method}")

    async def register(self, device_id: str) -> None:
        wish = (("Contact", f"<sip:{device_id}@127.0.0.1>"), ("Expires", "3600"))
        challenged = await self.ask("REGISTER", device_id, headers=wish)
        credentials = answer(
            Challenge.parse(challenged.headers.get("WWW-Authenticate") or ""),
            method="REGISTER",
            uri=f"sip:{SERVER}@3402000000",
            username=device_id,
            password=SECRET,
            cnonce="c",
        )
        proven = (("Authorization", str(credentials)), *wish)
        assert (await self.ask("REGISTER", device_id, headers=proven)).status == 200

    async def tell(self, device_id: str, message: Message) -> None:
        assert (await self.ask("MESSAGE", device_id, write(message))).status == 200


def notices(number: int) -> list[tuple[str, Message]]:
    """Return one alarm, one position and one change, each of another device."""
    ids = [(number * 3 + part) % DEVICES for part in range(3)]
    time = f"2024-05-06T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    where = Position(camera_of(ids[1]), time, 117.0 + number / 1e6, 31.8)
    # Every other word of one channel differs from the one before.
    word = "OFF" if number * 3 // DEVICES % 2 else "ON"
    change = Item(device_id=camera_of(ids[2]), event=word)
    found: list[Message] = [
        AlarmNotify(number, camera_of(ids[0]), 1, 5, time, alarm_type=2),
        MobilePosition(number, device_of(ids[1]), time, 1, (where,)),
        CatalogNotify(number, device_of(ids[2]), 1, (change,), 1),
    ]
    return [(device_of(key), message) for key, message in zip(ids, found, strict=True)]


def resident() -> int:
    """Return the memory of this process, bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def settings_in(folder: Path) -> Settings:
    return Settings(
        node=NodeSettings(data=str(folder)),
        signalling=SignallingSettings(id=SERVER, listen="127.0.0.1:0", password=SECRET),
        media=MediaSettings(
            workers=0, listen="127.0.0.1", viewer_listen="127.0.0.1:0", ports_from=0, ports_to=0
        ),
        store=StoreSettings(),
        web=WebSettings(listen="127.0.0.1:0"),
        events=EventSettings(repeat=0.0),
    )


@pytest.mark.clause("9.4.1", "9.11.2.1", "9.11.4.1")
@pytest.mark.network
@pytest.mark.long
def test_nothing_is_lost_and_memory_is_flat(tmp_path: Path) -> None:
    async def main() -> None:
        async with Node(settings_in(tmp_path)) as node:
            loop = asyncio.get_running_loop()
            crowd = Crowd(("127.0.0.1", node.sip_port))
            transport, _ = await loop.create_datagram_endpoint(
                lambda: crowd, local_addr=("127.0.0.1", 0)
            )
            crowd.transport = transport
            # One socket stands for a thousand: it hears what is meant for all of them.
            held = transport.get_extra_info("socket")
            held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            for first in range(0, DEVICES, 50):
                batch = range(first, first + 50)
                await asyncio.gather(*(crowd.register(device_of(key)) for key in batch))
            standing = CatalogStanding(CatalogState.COMPLETE, 1, 1, at=1.0)
            for key in range(DEVICES):
                item = Item(device_id=camera_of(key), name=f"camera {key}", status="OFF")
                node.registry.submit_catalog(device_of(key), [item], standing)
            await asyncio.to_thread(node.registry._merges.submit(int).result)
            sent = await load(node, crowd)
            await asyncio.to_thread(node.writer.flush)
            figures = node.incidents.figures()
            alarms = node.alarms.page(EVERYTHING, Query()).total
            reports = node.positions.reports(EVERYTHING, Where()).total
            assert (alarms, reports) == (sent, sent)
            held = figures["changes.held"]
            with node.store.connect() as connection:
                query = "select count(*) from channel_changes"
                changes = connection.exec_driver_sql(query).scalar_one()
            assert changes + held >= sent
            assert figures.get("changes.unknown", 0) == 0
            dropped = [name for name, count in figures.items() if "dropped" in name and count]
            assert dropped == []
            transport.close()

    asyncio.run(main())


async def load(node: Node, crowd: Crowd) -> int:
    """Tell so many of each kind a second; return how many of each were told."""
    loop = asyncio.get_running_loop()
    began, sent, early = loop.time(), 0, 0
    waiting: set[asyncio.Task[None]] = set()
    while (now := loop.time() - began) < SECONDS:
        while sent < now * RATE:
            for device_id, message in notices(sent):
                task = asyncio.create_task(crowd.tell(device_id, message))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
            sent += 1
        if early == 0 and now > SECONDS / 3:
            early = resident()
        await asyncio.sleep(0.01)
    await asyncio.gather(*list(waiting))
    late = resident()
    waited = node.writer.health().waiting
    text = "sent=%d of each, early=%d MiB, late=%d MiB, waiting=%d, answered=%s"
    _log.warning(text, sent, early >> 20, late >> 20, waited, dict(crowd.heard))
    assert late - early < 40 << 20
    return sent
