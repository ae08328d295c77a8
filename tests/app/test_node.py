"""A whole node on the loopback interface: started, used, broken at its start, stopped in use."""

import asyncio
import gc
import os
import secrets
import shutil
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import text

from tongshi.access.register import EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.app import node as subject
from tongshi.app.node import Node, device_password, open_store
from tongshi.cli.staff import Post, enter
from tongshi.errors import Conflict, EngineFailed, Error, Exhausted, Invalid
from tongshi.settings import (
    MediaSettings,
    NodeSettings,
    Settings,
    SignallingSettings,
    StoreSettings,
    WebSettings,
)
from tongshi.sim.camera import camera_profile
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet
from tongshi.sim.join import Join
from tongshi.sim.town import Spec
from tongshi.testing.client import Client, Json, Refused
from tongshi.testing.command import children, free_port
from tongshi.testing.viewer import Watched, watch

T = TypeVar("T")

pytestmark = pytest.mark.network

SMALL = Shot(view="orbits", width=320, height=180, fps=25, gop=10, bitrate=200_000)


def settings(folder: Path, *, workers: int = 0, keepalive: float = 60.0) -> Settings:
    """Return settings of a node that takes free ports and answers soon."""
    return Settings(
        NodeSettings(data=str(folder / "data")),
        SignallingSettings(listen="127.0.0.1:0", keepalive=keepalive),
        MediaSettings(
            workers=workers,
            listen="127.0.0.1",
            ports_from=0,
            ports_to=0,
            viewer_listen="127.0.0.1:0",
            grace=0.1,
        ),
        StoreSettings(flush=0.1),
        WebSettings(listen="127.0.0.1:0"),
    )


def cameras(count: int, first: int = 1, *, tcp: bool = False) -> list[Spec]:
    return [
        Spec(
            camera_profile(
                f"34020000001320{number:06}",
                f"摄像机 {number}",
                SMALL,
                channel_id=f"34020000001310{number:06}",
            ),
            tcp,
        )
        for number in range(first, first + count)
    ]


async def until(met: Callable[[], Awaitable[object]], within: float = 20.0) -> None:
    """Wait until *met*; the limit is for defects only."""
    for _ in range(round(within / 0.02)):
        if await met():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


class House:
    """A node, devices that have registered with it, and a staff that signs in when it is needed."""

    def __init__(self, node: Node, fleet: Fleet, specs: list[Spec]) -> None:
        self.node = node
        self.fleet = fleet
        self.specs = specs
        self.clients: dict[Post, Client] = {}
        self._threads = ThreadPoolExecutor(16)  # of our own: the node must not wait for us

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work, *arguments)

    async def call(
        self, method: str, path: str, body: object = None, post: Post = Post.OFFICER
    ) -> Json:
        if post not in self.clients:
            await self.sign_in(post)
        return await self.run(self.clients[post].call, method, path, body)

    async def sign_in(self, post: Post) -> None:
        self.clients[post] = await self.run(enter, self.node, post)

    async def watch(self, spec: Spec, messages: int) -> Watched:
        url = await self.ask(spec)
        cookie = self.clients[Post.OFFICER].cookie
        return await watch(url, messages=messages, within=30.0, cookie=cookie)

    async def ask(self, spec: Spec) -> str:
        """Open a view and return its address."""
        told = await self.call("POST", "/live?wait=30", self.wish(spec))
        return str(told["url"])

    async def watched(self) -> int:
        """Return how many views are on somebody's screen."""
        views = await self.call("GET", "/live")
        return len([view for view in views if view["state"] == "watched"])

    def wish(self, spec: Spec) -> dict[str, str]:
        channel = spec.profile.channels[0].channel_id
        return {"device": spec.device_id, "channel": channel, "purpose": "patrol"}

    async def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        told = await self.call("GET", "/counts")
        return told["devices"], told["cameras"]

    async def all_online(self) -> bool:
        rows = (await self.call("GET", "/devices"))["rows"]
        good = [row for row in rows if row["catalog"]["state"] == "complete"]
        online = [row for row in good if row["state"] == "online"]
        return len(online) == len(self.specs)

    def close(self) -> None:
        self._threads.shutdown()


@asynccontextmanager
async def house(
    given: Settings, specs: list[Spec], *, keepalive: float = 60.0
) -> AsyncIterator[House]:
    async with Node(given) as node, visited(node, specs, keepalive=keepalive) as made:
        yield made


@asynccontextmanager
async def visited(
    node: Node, specs: list[Spec], *, keepalive: float = 60.0
) -> AsyncIterator[House]:
    join = Join(node.settings.signalling.id, node.device_password, keepalive=keepalive)
    async with Fleet(specs, "127.0.0.1", node.sip_port, join) as fleet:
        made = House(node, fleet, specs)
        try:
            await until(made.all_online)
            yield made
        finally:
            made.close()


def run(work: Coroutine[object, object, None]) -> None:
    """Run *work*, and see that nothing of it is left: no task, thread, child or descriptor."""

    async def all_of_it() -> None:
        await work
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    before = remains()
    asyncio.run(all_of_it())
    assert remains() == before


def remains() -> tuple[set[str], list[int], int]:
    gc.collect()  # what an earlier test has left is not ours
    threads = {thread.name for thread in threading.enumerate()}
    return threads, children(os.getpid()), len(os.listdir("/proc/self/fd"))


def test_a_first_start_and_a_second(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path)
        async with Node(given) as node:
            first, password = node.first, node.device_password
            assert node.signalling.addresses[1] == f"tcp://127.0.0.1:{node.sip_port}"
            figures = node.figures()
            assert (figures["devices.known"], figures["ports.leased"]) == (0, 0)
            assert figures["views.open"] == 0
        assert first is not None
        assert len(password) == 16
        async with Node(given) as node:
            assert (node.first, node.device_password) == (None, password)
            client = Client(node.web_address)
            me = await asyncio.to_thread(client.sign_in, first.name, first.password)
            assert me["must_change"]
        own = secrets.token_hex(8)
        async with Node(replace(given, signalling=replace(given.signalling, password=own))) as node:
            assert node.device_password == own

    run(main())


def test_devices_register_are_listed_and_watched(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(settings(tmp_path), [*cameras(1), *cameras(1, 2, tcp=True)]) as home:
            for spec in home.specs:
                watched = await home.watch(spec, 15)
                counters = [counter for counter in watched.counters() if counter is not None]
                assert len(counters) > 10
                assert counters == sorted(set(counters))
            devices, shown = await home.counts()
            expected = {"online": 2, "offline": 0, "unknown": 0}
            assert (devices, shown) == (expected, expected)
            told = await home.call("GET", "/system", post=Post.SYSTEM)
            assert told["platform"]["address"] == f"127.0.0.1:{home.node.sip_port}"
            assert told["figures"]["node"]["devices.online"] == 2

    run(main())


def test_workers_and_the_system_s_own_addresses(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path, workers=2)
        given = replace(given, web=replace(given.web, listen="0.0.0.0:0"))
        async with house(given, cameras(1)) as home:
            assert home.node.web_address.startswith("http://127.0.0.1:")
            assert len(children(os.getpid())) == 2
            assert (await home.watch(home.specs[0], 5)).messages == 5

    run(main())


def test_an_ipv6_console(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path)
        async with Node(replace(given, web=replace(given.web, listen="[::1]:0"))) as node:
            assert node.web_address.startswith("http://[::1]:")
            assert await asyncio.to_thread(Client(node.web_address).call, "GET", "/health")

    run(main())


def test_health_tells_while_the_store_cannot_be_written(tmp_path: Path) -> None:
    async def main() -> None:
        async with Node(settings(tmp_path)) as node:
            client = Client(node.web_address)
            fault = node.writer.call(lambda store: store.execute(text("DELETE FROM nowhere")))
            with pytest.raises(Exhausted):
                await asyncio.wrap_future(fault)
            with pytest.raises(Refused, match="cannot be written") as refused:
                await asyncio.to_thread(client.call, "GET", "/health")
            assert refused.value.status >= 500
            await asyncio.wrap_future(node.writer.call(lambda store: None))
            assert await asyncio.to_thread(client.call, "GET", "/health") == {"ok": True}

    run(main())


def test_a_device_that_dies_silently_is_offline_with_its_channels(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path, keepalive=0.3)
        async with house(given, cameras(2), keepalive=0.3) as home:
            dead, living = (spec.device_id for spec in home.specs)
            home.fleet.camera(dead).kill()

            expected = {"online": 1, "offline": 1, "unknown": 0}

            async def gone() -> bool:
                return await home.counts() == (expected, expected)

            await until(gone)
            rows = (await home.call("GET", "/channels"))["rows"]
            assert {row["device_id"]: row["state"] for row in rows} == {
                dead: "offline",
                living: "online",
            }
            presence = home.node.health.status(dead)
            assert presence is not None
            assert presence.why == "missed"
            with pytest.raises(Refused) as refused:
                await home.ask(home.specs[0])
            assert refused.value.problem["code"] == "peer.offline"
            await home.fleet.start(dead)
            await until(home.all_online)

    run(main())


def test_after_a_restart_devices_are_unknown_until_heard_from(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path)
        async with house(given, cameras(1)) as home:
            home.fleet.camera(home.specs[0].device_id).kill()  # so that it says no good-bye
            client = home.clients[Post.OFFICER]
        async with Node(given) as node:
            client = Client(node.web_address, client.cookie)
            told = await asyncio.to_thread(client.call, "GET", "/counts")
            expected = {"online": 0, "offline": 0, "unknown": 1}
            assert (told["devices"], told["cameras"]) == (expected, expected)
            assert node.figures()["devices.known"] == 1

    run(main())


def test_what_a_killed_process_left_moving_is_stopped_once(tmp_path: Path) -> None:
    """The store is copied while somebody steers: that is what a kill leaves of it."""

    async def main() -> None:
        given, spec = settings(tmp_path), cameras(1)[0]
        channel_id = spec.profile.channels[0].channel_id
        path = f"/devices/{spec.device_id}/channels/{channel_id}/control"
        left = tmp_path / "left"
        async with house(given, [spec]) as home:
            move = {"do": "move", "pan": 1, "purpose": "patrol"}
            assert (await home.call("POST", path, move))["outcome"] == "delivered"
            await asyncio.to_thread(home.node.writer.flush)
            await asyncio.to_thread(copy_store, tmp_path / "data", left)
        given = replace(given, node=replace(given.node, data=str(left)))
        async with Node(given) as node:
            assert node.aftermath.figures() == {"left": 1, "stopped": 0, "failed": 0}
            join = Join(given.signalling.id, node.device_password)
            async with Fleet([spec], "127.0.0.1", node.sip_port, join):
                await until(lambda: asyncio.sleep(0, node.aftermath.counters["stopped"]))
            await asyncio.to_thread(node.writer.flush)
            entries = node.register.page(EVERYTHING, EntryQuery(text="Tongshi")).rows
        (entry,) = entries
        look, ending = entry.look, entry.ending
        assert (look.what, look.person_id, look.channel_id) == ("stop-left", None, channel_id)
        assert ending is not None
        assert (ending.how, ending.acts) == ("delivered", 1)
        async with Node(given) as node:
            assert len(node.aftermath) == 0

    run(main())


def copy_store(data: Path, to: Path) -> None:
    """Copy the store of a node that runs, whole at one moment, and its keys."""
    to.mkdir()
    for key in data.glob("*.key"):
        shutil.copy2(key, to)
    source = sqlite3.connect(data / "tongshi.db")
    target = sqlite3.connect(to / "tongshi.db")
    source.backup(target)
    source.close()
    target.close()


def test_nodes_in_one_process_know_nothing_of_each_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            homes = [
                await stack.enter_async_context(
                    house(settings(tmp_path / str(number)), cameras(1, number))
                )
                for number in (1, 2)
            ]
            seen = await asyncio.gather(*(home.watch(home.specs[0], 5) for home in homes))
            assert [watched.messages for watched in seen] == [5, 5]
            for home in homes:
                rows = (await home.call("GET", "/devices"))["rows"]
                assert [row["device_id"] for row in rows] == [home.specs[0].device_id]

    run(main())


def test_two_nodes_cannot_share_a_directory(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path)
        async with house(given, cameras(1)) as home:
            watching = asyncio.create_task(home.watch(home.specs[0], 20))
            await until(home.watched)
            with pytest.raises(Conflict, match="another node runs"):
                async with Node(given):
                    pass
            assert (await watching).messages >= 20
            (entry,) = (await home.call("GET", "/register", post=Post.AUDIT))["rows"]
            assert entry["ending"] is None, "the other start has ended a look that goes on"

    run(main())


# What a start can fail by, and with which error


def listen(kind: socket.SocketKind) -> tuple[socket.socket, str]:
    """Take a port; return it with its address."""
    taken = socket.socket(socket.AF_INET, kind)
    taken.bind(("127.0.0.1", free_port()))
    if kind is socket.SOCK_STREAM:
        taken.listen()
    return taken, f"127.0.0.1:{taken.getsockname()[1]}"


def taken_web(given: Settings, address: str) -> Settings:
    return replace(given, web=replace(given.web, listen=address))


def taken_sip(given: Settings, address: str) -> Settings:
    return replace(given, signalling=replace(given.signalling, listen=address))


def taken_viewers(given: Settings, address: str) -> Settings:
    return replace(given, media=replace(given.media, viewer_listen=address))


UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM
FAILURES: list[tuple[Callable[[Settings, str], Settings], socket.SocketKind, int, type[Error]]] = [
    (taken_web, TCP, 0, Conflict),
    (taken_web, TCP, 1, Conflict),
    (taken_sip, UDP, 0, Conflict),
    (taken_sip, TCP, 1, Conflict),
    (taken_viewers, TCP, 0, EngineFailed),
    (taken_viewers, TCP, 2, EngineFailed),
]


@pytest.mark.parametrize(("change", "kind", "workers", "error"), FAILURES)
def test_a_start_that_fails_gives_everything_back(
    change: Callable[[Settings, str], Settings],
    kind: socket.SocketKind,
    workers: int,
    error: type[Error],
    tmp_path: Path,
) -> None:
    async def main() -> None:
        taken, address = listen(kind)
        given = change(settings(tmp_path, workers=workers), address)
        with taken, pytest.raises(error, match=address.partition(":")[2]):
            async with Node(given):
                pass
        assert children(os.getpid()) == []
        async with Node(given) as node:  # the same directory, the same ports
            assert node.first is not None, "the first password was lost with the failed start"

    run(main())


def test_settings_that_make_no_platform(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path)
        with pytest.raises(Invalid, match="not a platform's id"):
            async with Node(replace(given, signalling=replace(given.signalling, id="x"))):
                pass
        async with Node(given):
            pass

    run(main())


@pytest.mark.parametrize("workers", [0, 1])
def test_an_address_for_media_that_is_not_ours(workers: int, tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path, workers=workers)
        with pytest.raises(EngineFailed, match=r"192\.0\.2\.1"):
            async with Node(replace(given, media=replace(given.media, listen="192.0.2.1"))):
                pass

    run(main())


def test_a_store_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    given = settings(tmp_path)
    store = open_store(given)
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    store.dispose()

    async def main() -> None:
        with pytest.raises(Conflict, match="v9999"):
            async with Node(given):
                pass

    run(main())


def test_a_start_that_is_cancelled_gives_everything_back(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path, workers=1)
        for wait in (0.0, 0.05, 0.1, 0.2, 0.4, 0.6):  # into each part of the start
            starting = asyncio.create_task(Node(given).__aenter__())
            await asyncio.wait([starting], timeout=wait)
            if starting.done():
                await (await starting).__aexit__()
                break
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
        async with Node(given) as node:
            assert node.sip_port

    run(main())


def test_the_devices_password_without_a_node(tmp_path: Path) -> None:
    given = settings(tmp_path)
    store = open_store(given)
    made = device_password(given, store)
    assert device_password(given, store) == made
    assert set(made) <= set(subject._LETTERS)
    store.dispose()


# Stopping


MUTE = "34020000001320000009"


async def listen_to_events(home: House) -> bytes:
    """Return all that an open page is told until the node closes its line."""
    host, port = home.node.web_address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [
        "GET /api/events HTTP/1.1",
        f"Host: {host}:{port}",
        f"Cookie: {home.clients[Post.OFFICER].cookie}",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    try:
        return await reader.read()
    finally:
        writer.close()


def test_stopping_under_load_ends_every_view_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings(tmp_path, workers=1)
        specs = [*cameras(2), replace(cameras(1, 9)[0], quirks=("ignore-invite",))]
        async with AsyncExitStack() as stack:
            node = await stack.enter_async_context(Node(given))
            home = await stack.enter_async_context(visited(node, specs))
            watching = [asyncio.create_task(home.watch(spec, 10**9)) for spec in [*specs[:2]] * 4]
            hopeless = asyncio.create_task(home.ask(specs[2]))
            page = asyncio.create_task(listen_to_events(home))

            async def seen() -> bool:
                return await home.watched() == 8 and bool(node.feed)

            await until(seen)
            async with asyncio.timeout(20.0):
                await node.__aexit__()
            ends = [watched.end for watched in await asyncio.gather(*watching)]
            with pytest.raises(Refused, match="ended"):
                await hopeless
            assert b"event: " in await page
            assert not [camera.streams for camera in home.fleet.cameras.values() if camera.streams]
            for spec in specs:
                home.fleet.camera(spec.device_id).kill()  # there is nobody to say good-bye to
        assert [end and end["code"] for end in ends] == ["stopped"] * 8
        async with Node(given) as again:
            entries = again.register.page(EVERYTHING, EntryQuery()).rows
        assert len(entries) == 9
        for entry in entries:
            assert entry.ending is not None
            assert entry.ending.how == "stopped"
            if entry.look.device_id != MUTE:
                assert entry.ending.watched
                assert entry.ending.bytes

    run(main())
