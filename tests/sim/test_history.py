import pytest

from tongshi.gb28181.description import Purpose
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.mansrtsp import Method, Order, Range, Reply
from tongshi.sim.archive import ALL_DAY, Archive, Kind, Plan
from tongshi.sim.film import Shot
from tongshi.sim.history import FASTEST_DOWNLOAD, History, open_history, steer
from tongshi.sim.quirks import NONE, Quirks

SHOT = Shot(fps=10, gop=5, bitrate=80_000)
NOW = 1_714_950_000


def opened(
    purpose: Purpose = Purpose.PLAYBACK,
    *,
    kind: str = "0",
    speed: int | None = None,
    start: int = NOW - 600,
    shot: Shot = SHOT,
) -> History | None:
    offer = Offer(
        owner="p",
        host="192.0.2.10",
        port=3000,
        purpose=purpose,
        start=start,
        end=NOW - 300,
        resource=f"c:{kind}" if kind else "",
        download_speed=speed,
    )
    return open_history(offer, shot, Archive(Plan(hours=ALL_DAY)), wall=NOW, now=0.0)


def playing() -> History:
    history = opened()
    assert history is not None
    return history


@pytest.mark.clause("9.8.3.1")
def test_what_is_asked_for_is_opened() -> None:
    history = playing()
    assert not history.download
    assert history.playback.duration == 300
    assert history.playback.position == 0.0
    assert history.size == 300 * (10_000 + 8_000)
    silent = opened(shot=Shot(fps=10, gop=5, bitrate=80_000, sound=False))
    assert silent is not None
    assert silent.size == 300 * 10_000


@pytest.mark.parametrize(("kind", "there"), [("0", True), ("", True), ("3", True), ("2", False),
                                             ("nine", True)])  # fmt: skip
def test_kinds_are_chosen(kind: str, there: bool) -> None:
    assert (opened(kind=kind) is not None) is there
    assert Kind.TIME.code == 3


@pytest.mark.clause("9.9.3")
@pytest.mark.parametrize(
    ("asked", "kept"), [(None, 1.0), (4, 4.0), (1000, FASTEST_DOWNLOAD), (-3, 1.0)]
)
def test_downloads_have_their_speed(asked: int | None, kept: float) -> None:
    history = opened(Purpose.DOWNLOAD, speed=asked)
    assert history is not None
    assert history.download
    assert history.playback.scale == kept


def test_what_is_not_there_is_not_opened() -> None:
    assert opened(start=NOW - 100) is None


def order(history: History, what: Order, *names: str) -> Reply:
    return steer(history, what.build(), Quirks.of(names), 5.0)


@pytest.mark.clause("B.2.1", "B.2.2", "B.2.3", "B.2.4", "B.2.5")
def test_orders_are_carried_out() -> None:
    history = playing()
    history.playback.sequence = 77
    assert order(history, Order(Method.PAUSE, 3)) == Reply(cseq=3)
    assert history.playback.paused
    reply = order(history, Order(Method.PLAY, 4, scale=2.0, range=Range(100.2)))
    assert reply == Reply(
        cseq=4, scale=2.0, range=Range(100.0), sequence=77, stamp=90_000 + 100 * 90_000
    )
    assert not history.playback.paused
    assert order(history, Order(Method.PLAY, 5, range=Range())).scale is None
    assert history.playback.scale == 2.0
    assert order(history, Order(Method.TEARDOWN, 6)).done
    assert history.closed
    assert history.playback.paused


def test_what_is_no_order_is_refused() -> None:
    assert steer(playing(), b"SING", NONE, 0.0).status == 400


@pytest.mark.clause("B.2.8")
def test_backwards() -> None:
    history = playing()
    reply = order(history, Order(Method.PLAY, 1, scale=-8.0, range=Range(50.0, 10.0)))
    assert reply.scale == -4.0
    assert order(history, Order(Method.PLAY, 2, scale=-8.0), "reverse-one").scale == -1.0
    refused = order(history, Order(Method.PLAY, 3, scale=-1.0), "no-reverse")
    assert refused.status == 451
    assert order(history, Order(Method.PLAY, 4, scale=1.0), "no-reverse").done


def test_speeds_that_devices_dislike() -> None:
    history = playing()
    body = b"PLAY RTSP/1.0\r\nCSeq: 9\r\nScale: 2.000000\r\n\r\n"
    strict = Quirks.of(["scale-six-decimals-refused"])
    assert steer(history, body, strict, 0.0) == Reply(400, "Bad Request", 9)
    assert steer(history, body, NONE, 0.0).scale == 2.0
    assert steer(history, body.replace(b"2.000000", b"0.25"), strict, 0.0).scale == 0.25
    lazy = order(history, Order(Method.PLAY, 1, scale=4.0), "scale-ineffective")
    assert lazy.scale == 4.0
    assert history.playback.scale == 0.25
    order(history, Order(Method.PLAY, 2, range=Range(10.0)), "scale-ineffective")
    assert history.playback.position == 10.0
