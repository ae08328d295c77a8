"""The client against a real node with a simulated camera: docs/client.md, run as it stands."""

import asyncio
import hashlib
import hmac
import json
import re
import runpy
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Permission, Role
from tongshi.app.node import Node
from tongshi.audit.entry import PLATFORM
from tongshi.cli.staff import Post, enter
from tongshi.client.failure import Failure, Refused
from tongshi.client.platform import Platform
from tongshi.client.signature import HEADER, verify
from tongshi.hooks.hook import HookWish
from tongshi.settings import (
    HookSettings,
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
from tongshi.testing.receiver import Receiver
from tongshi.tokens.quota import Quotas
from tongshi.tokens.token import OFFERED, NewToken, read_networks

pytestmark = pytest.mark.network
T = TypeVar("T")
DOCS = Path(__file__).parents[2] / "docs" / "client.md"
SMALL = Shot(view="orbits", width=320, height=180, fps=25, gop=10, bitrate=200_000)
DEVICE, CHANNEL = "34020000001320000001", "34020000001310000001"


@dataclass
class Home:
    """A node, a camera, and an account of a service that may do all with it."""

    node: Node
    person_id: int

    def token(self, *scopes: Permission, **quotas: int) -> str:
        wish = NewToken(
            self.person_id,
            "example",
            frozenset(scopes or OFFERED),
            time.time() + 3600,
            quotas=Quotas(**quotas),
        )
        return self.node.programs.tokens.make(wish, PLATFORM).text

    def platform(self, *scopes: Permission, **quotas: int) -> Platform:
        return Platform(self.node.web_address, self.token(*scopes, **quotas))


def settings(folder: Path) -> Settings:
    return Settings(
        NodeSettings(data=str(folder / "data"), language="en"),
        SignallingSettings(listen="127.0.0.1:0"),
        MediaSettings(
            workers=0, listen="127.0.0.1", ports_from=0, ports_to=0, viewer_listen="127.0.0.1:0"
        ),
        StoreSettings(flush=0.1),
        WebSettings(listen="127.0.0.1:0"),
        hooks=HookSettings(networks="127.0.0.0/8"),
    )


@asynccontextmanager
async def home(folder: Path) -> AsyncIterator[Home]:
    profile = camera_profile(DEVICE, "East gate", SMALL, channel_id=CHANNEL)
    async with Node(settings(folder)) as node:
        join = Join(node.settings.signalling.id, node.device_password)
        async with Fleet([Spec(profile, False)], "127.0.0.1", node.sip_port, join):
            made = Home(node, await asyncio.to_thread(employ, node))
            asked = await asyncio.to_thread(made.platform)
            for _ in range(1000):
                if [each async for each in cameras(asked)]:
                    break
                await asyncio.sleep(0.02)
            yield made


async def cameras(platform: Platform) -> AsyncIterator[str]:
    for each in await asyncio.to_thread(lambda: list(platform.channels(state="online"))):
        yield each["channel_id"]


def employ(node: Node) -> int:
    """Make an account of a service that is granted everything; return its number."""
    given = node.door.people.add("bridge", "Bridge", "Unit", Role.SERVICE)
    person = next(each for each in node.door.people.everybody() if each.name == given.name)
    subject = Subject(SubjectKind.PERSON, str(person.id))
    grant = Grant(0, subject, frozenset(Right), Selector(everything=True))
    node.rights.add(grant, PLATFORM)
    return person.id


async def chat(node: Node) -> None:
    """Let something change now and then, for those who listen."""
    while True:
        node.feed.publish("device", DEVICE, {"device": DEVICE, "state": "online"})
        await asyncio.sleep(0.1)


def visit(folder: Path, work: Callable[[Home], T]) -> T:
    """Return what *work* returns, in a thread beside the node."""

    async def run() -> T:
        async with home(folder) as made:
            chatter = asyncio.create_task(chat(made.node))
            try:
                return await asyncio.to_thread(work, made)
            finally:
                chatter.cancel()

    return asyncio.run(run())


def test_the_examples_of_the_page_work(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 9

    def work(made: Home) -> dict[str, object]:
        text = "\n".join(blocks).replace("https://node.example", made.node.web_address)
        text = text.replace("tst_1_secret", made.token()).replace("FOLDER", str(tmp_path))
        script = tmp_path / "examples.py"
        script.write_text(text, "utf-8")
        return runpy.run_path(str(script), {"print": lambda *told: None})

    names = visit(tmp_path, work)
    assert (tmp_path / "footage.mp4").stat().st_size > 1000
    receive = names["receive"]
    assert callable(receive)
    body = json.dumps({"id": 1, "topic": "alarm", "data": {}}).encode()
    at = str(int(time.time()))
    signed = hmac.new(b"whs_x", at.encode() + b"." + body, hashlib.sha256).hexdigest()
    header = {"Tongshi-Signature": f"t={at},v1={signed}"}
    assert receive(header, body, "whs_x") == 204
    assert receive(header, body + b" ", "whs_x") == 403
    assert receive({}, body, "whs_x") == 403


def test_a_fetch_goes_on_where_it_stopped_and_is_compared(tmp_path: Path) -> None:
    def work(made: Home) -> None:
        node, now = made.platform(), time.time()
        wanted = node.download(DEVICE, CHANNEL, now - 600, now - 590, "patrol")
        done = node.await_download(wanted["id"], pause=0.1)
        assert done["state"] == "done", done
        assert done["id"] in [each["id"] for each in node.downloads()]
        whole = node.save(done, tmp_path / "whole.mp4").read_bytes()
        part = tmp_path / "rest.mp4.part"
        for had in (1, len(whole) // 2, len(whole)):
            part.write_bytes(whole[:had])
            assert node.save(done, tmp_path / "rest.mp4").read_bytes() == whole
            assert not part.exists()
        part.write_bytes(b"x" + whole[1:100])
        with pytest.raises(Failure) as caught:
            node.save(done, tmp_path / "rest.mp4")
        assert caught.value.code == "damaged"
        assert not part.exists()

    visit(tmp_path, work)


def test_what_a_person_and_a_program_are_refused(tmp_path: Path) -> None:
    def work(made: Home) -> None:
        wrong = Platform(made.node.web_address, "tst_1_x")
        with pytest.raises(Refused) as caught:
            wrong.myself()
        assert (caught.value.code, caught.value.status) == ("denied.signin", 401)
        narrow = made.platform(Permission.SEE_DEVICES)
        with pytest.raises(Refused) as caught:
            narrow.snapshot(DEVICE, CHANNEL, "patrol")
        assert (caught.value.code, caught.value.helps) == ("denied", "see-live")
        spent = made.platform(calls_day=1)
        spent.myself()
        with pytest.raises(Refused) as caught:
            spent.myself()
        assert (caught.value.status, caught.value.resource) == (429, "calls-day")
        assert (caught.value.retry_after or 0) >= 1
        person = Platform(made.node.web_address)
        assert made.node.first is not None
        told = person.sign_in(made.node.first.name, made.node.first.password)
        assert told["role"] == "security"
        person.sign_out()
        with pytest.raises(Refused):
            person.myself()

    visit(tmp_path, work)


def test_a_node_that_is_not_there() -> None:
    with pytest.raises(Failure) as caught:
        Platform("http://127.0.0.1:1", "x", timeout=2.0).myself()
    assert (caught.value.code, caught.value.status) == ("unreachable", 0)
    with pytest.raises(Failure):
        Platform("node.example")
    with pytest.raises(Failure):
        next(iter(Platform("http://127.0.0.1:1", "x").events(again=False)))


def test_a_revoked_token_loses_what_it_watches(tmp_path: Path) -> None:
    def work(made: Home) -> None:
        keeper = enter(made.node, Post.SECURITY)
        node = made.platform()
        view = node.live(DEVICE, CHANNEL, "patrol")
        stream = node.events(again=False)
        assert next(stream).topic
        number = max(each["id"] for each in keeper.call("GET", "/tokens"))
        keeper.call("DELETE", f"/tokens/{number}")
        assert len(list(stream)) < 1000, "the stream has ended"
        assert made.node.figures()["views.open"] == 0
        for ask in (node.myself, view.renew, view.close):
            with pytest.raises(Refused) as caught:
                ask()
            assert caught.value.code == "denied.signin"

    visit(tmp_path, work)


def test_a_token_counts_from_its_networks_and_until_its_end(tmp_path: Path) -> None:
    def work(made: Home) -> None:
        tokens, wall = made.node.programs.tokens, time.time()
        away = NewToken(
            made.person_id,
            "away",
            frozenset(OFFERED),
            wall + 3600,
            read_networks(["192.0.2.0/24"]),
        )
        here = replace(away, networks=read_networks(["127.0.0.0/8"]))
        for wish, counts in ((away, False), (here, True)):
            node = Platform(made.node.web_address, tokens.make(wish, PLATFORM).text)
            if counts:
                assert node.myself()["name"] == "bridge"
                continue
            with pytest.raises(Refused) as caught:
                node.myself()
            assert caught.value.code == "denied.signin"

    visit(tmp_path, work)


def test_a_webhook_tells_what_the_node_hears(tmp_path: Path) -> None:
    async def run() -> None:
        async with home(tmp_path) as made, Receiver() as receiver:
            wish = HookWish(made.person_id, "night", receiver.url, frozenset({"device"}))
            hooks = made.node.programs.hooks
            secret = (await asyncio.to_thread(hooks.make, wish, PLATFORM)).secret
            made.node.feed.publish("device", DEVICE, {"device": DEVICE, "state": "online"})
            made.node.feed.publish("device", "34020000001320009999", {"state": "online"})
            (heard, *_) = await receiver.wait(1)
            verify(secret, heard.headers[HEADER.lower()], heard.body, time.time())
            assert json.loads(heard.body)["data"] == {"device": DEVICE, "state": "online"}

    asyncio.run(run())
