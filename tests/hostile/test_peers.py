"""A platform, a good device, and another that speaks in its dialogs, guesses, floods, overhears."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tongshi.errors import Exhausted, Missing, PeerRefused
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.description import PS
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import (
    BroadcastAnswer,
    BroadcastNotify,
    DeviceUpgradeResult,
    Keepalive,
    MediaStatus,
    Outcome,
    RecordInfoAnswer,
    RecordInfoQuery,
    UploadSnapShotFinished,
    read,
)
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.ptz import Move, Stop, decode
from tongshi.gb28181.records import Span as Range
from tongshi.gb28181.registrant import Account, Registrant
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling import admission as doors
from tongshi.signalling import traces as tracing
from tongshi.signalling.event import Presence, SignallingEvent, UpgradeReported
from tongshi.signalling.history import Span
from tongshi.signalling.platform import Signalling
from tongshi.signalling.traces import Wanted
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Request, Response
from tongshi.testing.rogue import ELSEWHERE, Rogue, agree
from tongshi.testing.weight import weigh

pytestmark = pytest.mark.network

GOOD, BAD, NOBODY = (f"3402000000132000000{number}" for number in (1, 6, 9))
CAMERA = "34020000001310000001"
WORD = "12345678"
HOME = "127.0.0.1"
BEGIN = 1_700_000_000.0
LOCAL = SignallingSettings(
    listen="127.0.0.1:0", lock_attempts=5, lock_host_attempts=40, broadcast_timeout=30.0
)


class Town:
    """A platform, and two devices that have registered."""

    def __init__(self, signalling: Signalling, folder: Path) -> None:
        port = int(signalling.addresses[0].rpartition(":")[2])
        self.signalling = signalling
        self.port = port
        self.folder = folder
        self.events: list[SignallingEvent] = []
        self.infos: list[Request] = []
        self.good = Rogue(port, GOOD, host=HOME, polite=self._answer)
        self.bad = Rogue(port, BAD, polite=agree)
        signalling.subscribe(self.events.append)

    def _answer(self, request: Request) -> Response | None:
        """Send what is asked for; to orders within a session say nothing."""
        if request.method == "INFO":
            self.infos.append(request)
            return None
        if request.method != "INVITE":
            return None if request.method == "ACK" else request.response(200)
        offered = Offer.parse(request.body)
        answer = offered.answer(owner=CAMERA, host=HOME, port=15060, payloads=(PS,))
        contact = ("Contact", f"<sip:{CAMERA}@{HOME}:{self.good.port}>")
        headers = [contact, ("Content-Type", "APPLICATION/SDP")]
        response = request.response(200, headers=headers, body=answer.build())
        Dialog.from_uas(request, response)
        return response

    def figure(self, name: str) -> float:
        return self.signalling.figures().get(name, 0)

    async def until(self, true: Callable[[], object]) -> None:
        for _ in range(2000):
            if true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it never came to that")

    async def good_is_well(self) -> None:
        assert await self.good.tell(Keepalive(1, GOOD)) == 200
        device = self.signalling.device(GOOD)
        assert device is not None
        assert (device.state, device.host) == (Presence.ONLINE, HOME)


def town(
    folder: Path,
    work: Callable[[Town], Coroutine[Any, Any, None]],
    *,
    stays: bool = True,
) -> None:
    """Let *work* happen; then the good device is well, if the platform stays."""

    async def main() -> None:
        signalling = Signalling(
            LOCAL,
            MediaSettings(grace=0.0),
            Null(),
            password_of=lambda device_id: WORD,
            traces=folder / "traces",
            ask=False,
        )
        await signalling.start()
        made = Town(signalling, folder)
        try:
            with made.good, made.bad:
                assert await made.good.register(WORD) == 200
                assert await made.bad.register(WORD) == 200
                await work(made)
                if stays:
                    await made.good_is_well()
                    assert made.figure("tasks.failures") == 0
        finally:
            if stays:
                await signalling.stop()

    asyncio.run(main())


# Dialogs of others ----------------------------------------------------------------------------


def test_nobody_ends_or_steers_the_playback_of_another(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        history = await town.signalling.histories.open(GOOD, CAMERA, Span(BEGIN, BEGIN + 60))
        invite = next(request for request in town.good.heard if request.method == "INVITE")
        ended = MediaStatus(5, CAMERA, "121")
        bad = town.bad
        for sender in (BAD, GOOD, CAMERA, NOBODY):
            assert await bad.tell(ended, sender=sender) == (200 if sender == BAD else 403)
        for method in ("BYE", "INFO", "NOTIFY"):
            assert (await bad.ask(bad.build(method, sender=CAMERA))).status == 481
        # Even who has overheard the Call-ID has no tags.
        for method in ("BYE", "NOTIFY"):
            stolen = bad.build(method, sender=CAMERA, call_id=invite.call_id, tags=("x", "y"))
            assert (await bad.ask(stolen)).status == 481
        assert not history.over
        assert not history.finished
        town.good.send(town.good.message(ended))
        await town.until(lambda: history.finished)
        await town.signalling.histories.close(history)

    town(tmp_path, work)


def test_a_storm_of_orders_reaches_a_device_one_by_one(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        history = await town.signalling.histories.open(GOOD, CAMERA, Span(BEGIN, BEGIN + 60))
        history._timeout = 0.3
        storm = [asyncio.ensure_future(history.set_scale(2.0)) for _ in range(500)]
        refused = await asyncio.gather(*storm, return_exceptions=True)
        assert sum(isinstance(error, Exhausted) for error in refused) == 492
        assert len({request.cseq for request in town.infos}) == 8
        await town.signalling.histories.close(history)

    town(tmp_path, work)


def test_nobody_takes_the_talk_that_waits_for_another(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        talking = asyncio.ensure_future(town.signalling.talks.open(GOOD, CAMERA))
        await town.until(lambda: _notices(town.good))
        sn = _notices(town.good)[0].sn
        sdp = (
            f"v=0\r\no={GOOD} 0 0 IN IP4 {ELSEWHERE}\r\ns=Play\r\nc=IN IP4 {ELSEWHERE}\r\n"
            "t=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=recvonly\r\ny=0200000001\r\n"
        ).encode()
        bad = town.bad
        for sender, status in ((GOOD, 403), (CAMERA, 403), (NOBODY, 403), (BAD, 404)):
            invite = bad.build("INVITE", sdp, sender=sender)
            assert (await bad.ask(invite)).status == status
            cancel = bad.build("CANCEL", sender=sender)
            assert (await bad.ask(cancel)).status == 481
        for result in Outcome:
            assert await bad.tell(BroadcastAnswer(sn, CAMERA, result), sender=GOOD) == 403
            assert await bad.tell(BroadcastAnswer(sn, CAMERA, result)) == 200
        await bad.storm(bad.build("INVITE", sdp, sender=GOOD) for _ in range(3000))
        await town.until(lambda: town.figure("talks.invite 403") > 500)
        assert not talking.done()
        assert len(town.signalling.talks) == 1
        assert await town.good.tell(BroadcastAnswer(sn, CAMERA, Outcome.ERROR)) == 200
        with pytest.raises(PeerRefused):
            await talking

    town(tmp_path, work)


def _notices(rogue: Rogue) -> list[BroadcastNotify]:
    told = [read(request.body) for request in rogue.heard if request.method == "MESSAGE"]
    return [message for message in told if isinstance(message, BroadcastNotify)]


def test_answers_of_others_to_what_a_device_was_asked_are_strays(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        records = town.signalling.on_demand.records
        asking = asyncio.ensure_future(records.find(GOOD, CAMERA, BEGIN, BEGIN + 60))
        await town.until(lambda: _queries(town.good))
        sn = _queries(town.good)[0].sn
        before = town.figure("queries.strays")
        for sender in (GOOD, CAMERA, BAD):
            await town.bad.tell(RecordInfoAnswer(sn, CAMERA, sum_num=0), sender=sender)
        await town.good.tell(RecordInfoAnswer(sn + 7, CAMERA, sum_num=0))
        assert town.figure("queries.strays") == before + 4
        assert not asking.done()
        await town.good.tell(RecordInfoAnswer(sn, CAMERA, sum_num=0))
        assert (await asking).span == Range(BEGIN, BEGIN + 60)

    town(tmp_path, work)


def _queries(rogue: Rogue) -> list[RecordInfoQuery]:
    told = [read(request.body) for request in rogue.heard if request.method == "MESSAGE"]
    return [message for message in told if isinstance(message, RecordInfoQuery)]


def test_results_of_uploads_and_upgrades_count_from_their_device_alone(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        result = DeviceUpgradeResult(1, GOOD, "a" * 40, Outcome.OK, "v1")
        assert await town.bad.tell(result, sender=GOOD) == 403
        assert await town.bad.tell(result) == 200
        assert await town.bad.tell(UploadSnapShotFinished(2, GOOD, "a" * 40), sender=GOOD) == 403
        told = [event for event in town.events if isinstance(event, UpgradeReported)]
        assert [event.device_id for event in told] == [BAD]  # whose upgrades have other names

    town(tmp_path, work)


# Registration ---------------------------------------------------------------------------------


def test_who_guesses_elsewhere_locks_out_himself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "FAILURES", 50)

    async def work(town: Town) -> None:
        with Rogue(town.port, GOOD, host="127.0.0.88") as guesser:
            for number in range(8):
                assert await guesser.register(f"guess {number}") == 403
            assert await guesser.register(WORD) == 403  # even with the right word
        assert await town.good.register(WORD) == 200
        for number in range(120):
            with Rogue(town.port, GOOD, host=f"127.0.1.{number + 1}") as guesser:
                assert await guesser.register("guess") == 403
        admission = town.signalling.admission
        assert len(admission._by_device) <= 50
        assert len(admission._by_host) <= 50
        assert await town.good.register(WORD) == 200
        # A host that tries many ids is locked as a whole, but for who is at home there.
        for number in range(50):
            with Rogue(town.port, f"340200000013200{number:05}", host=HOME) as guesser:
                assert await guesser.register("guess") == 403
        with Rogue(town.port, NOBODY, host=HOME) as new:
            assert await new.register(WORD) == 403
        assert await town.good.register(WORD) == 200

    town(tmp_path, work)


def test_what_strangers_call_themselves_is_not_kept(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        before = weigh(town.signalling)
        for place in range(3000):
            agent = ("User-Agent", f"{place}" + "x" * 20_000)
            stranger = f"340200000013201{place:05}"
            town.bad.send(town.bad.build("REGISTER", headers=[agent], sender=stranger))
            if place % 8 == 7:
                await asyncio.sleep(0)
        await town.until(lambda: town.figure("answers.register 401") > 500)
        assert weigh(town.signalling) - before < 4_000_000

    town(tmp_path, work)


CONTACTS = [
    "<sip:34020000002000000009@127.0.0.1:5060>",
    "<sip:34020000002000000009@224.0.0.1>",
    "<sip:34020000002000000009@[::1]:5060>",
    "<sip:34020000002000000009@evil.example;transport=tcp?X=%0d%0aY>",
    "<sip:34020000002000000009@10.0.0.1:99999>",
    "<sip:34020000002000000009@>",
    "<sip:@10.0.0.1>",
    "<sip:a%0d%0ab@10.0.0.1>",
    "<sip:a b@10.0.0.1>",
    "<tel:110>",
    "*",
    "",
    "<sip:x@10.0.0.1" + "0" * 5000 + ">",
]


@pytest.mark.parametrize("contact", CONTACTS)
@pytest.mark.parametrize("expires", ["0", "60", "99999999999", "-1", "x", ""])
def test_a_redirection_to_anywhere_is_followed_a_few_times_and_ends(
    contact: str, expires: str
) -> None:
    tokens = iter(map(str, range(10**6))).__next__
    account = Account(GOOD, "34020000002000000001", "3402000000", "sip:a@192.0.2.7", WORD)
    registrant = Registrant(account, new_token=tokens, chance=lambda: 0.5)
    registrant.start(0.0)
    for _ in range(20):
        request = registrant.outgoing()
        if request is None:
            break
        data = request.encode()
        assert data.count(b"\r\n\r\n") == 1
        assert b"\r\nY" not in data
        server = registrant.server
        assert 0 <= server.port <= 65535
        headers = [("Contact", contact), ("Expires", expires)]
        registrant.answered(request.response(302, headers=headers), 1.0)
    assert registrant.outgoing() is None
    deadline = registrant.deadline()
    assert deadline is not None
    assert deadline >= 60.0
    assert registrant.server.host == ""  # back to where it belongs


# Moving cameras -------------------------------------------------------------------------------


def test_a_camera_that_moves_is_stopped_before_the_platform_goes(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        await town.signalling.commands.steering.move(GOOD, CAMERA, Move(pan=50))
        assert decode(_words(town.good)[-1]) == Move(pan=50)
        await town.signalling.stop()
        await town.until(lambda: decode(_words(town.good)[-1]) == Stop())

    town(tmp_path, work, stays=False)


def _words(rogue: Rogue) -> list[str]:
    found = (re.search(rb"<PTZCmd>(\w+)<", request.body) for request in rogue.heard)
    return [match[1].decode() for match in found if match is not None]


# Traces ---------------------------------------------------------------------------------------

SECRET = "k4mera-s3cret"


def test_traces_hold_no_passwords_and_end_with_their_size(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        traces = town.signalling.traces
        one = await traces.start(Wanted(BAD, size=20_000), "admin")
        strangers = await traces.start(Wanted("", "", strangers=True, size=30_000), "admin")
        named = traces.running()[0].name
        item = Item(device_id=CAMERA, password=SECRET)
        await town.bad.tell(CatalogAnswer(1, BAD, 1, (item,), 1))
        other = b"<Response><PassWord a='1'><![CDATA[%s]]></PassWord></Response>" % SECRET.encode()
        basic = [("Authorization", f"Basic {SECRET}")]
        for body in (other, other.replace(b"</PassWord>", b"")):
            await town.bad.ask(town.bad.build("MESSAGE", body, headers=basic))
        kept = (await traces.file(named)).read_text()
        assert "CDATA" not in kept
        assert SECRET not in kept
        assert "Password" in kept
        with Rogue(town.port, NOBODY, host="127.0.0.99") as stranger:
            await stranger.storm(stranger.build("OPTIONS", b"x" * 5000) for _ in range(500))
            await town.bad.storm(town.bad.build("OPTIONS", b"x" * 5000) for _ in range(500))
            await town.until(lambda: not traces.running())
        assert (one.why, strangers.why) == ("size is reached",) * 2
        for trace in (one, strangers):
            assert (await traces.file(trace.name)).stat().st_size < trace.wanted.size + 20_000

    town(tmp_path, work)


def test_a_trace_that_cannot_be_written_ends_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, lines: list[str]) -> None:
        raise OSError(28, "No space left on device")

    async def work(town: Town) -> None:
        traces = town.signalling.traces
        trace = await traces.start(Wanted(BAD), "admin")
        monkeypatch.setattr(tracing, "_append", full)
        await town.bad.tell(Keepalive(1, BAD))
        await town.until(lambda: not traces.running())
        assert trace.why == "file cannot be written"

    town(tmp_path, work)


PATHS = ("../../etc/passwd", "a/b", "..", "", "a\0b", "/dev/zero", "x" * 5000)


@pytest.mark.parametrize("name", PATHS, ids=range(len(PATHS)))
def test_traces_are_found_by_name_and_never_by_path(tmp_path: Path, name: str) -> None:
    async def work(town: Town) -> None:
        for use in (town.signalling.traces.file, town.signalling.traces.delete):
            with pytest.raises(Missing):
                await use(name)

    town(tmp_path, work)
