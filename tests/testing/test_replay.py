import asyncio
from dataclasses import replace

from tongshi.digest import Freshness
from tongshi.sip.trace import Record, Way, read, write
from tongshi.testing.replay import Answer, Recorded, Replay, replay
from tongshi.testing.timeless import Network, run
from tongshi.testing.unplugged import CAMERA, CHANNELS, PASSWORD, SETTINGS, Camera, Unplugged


def record() -> list[Record]:
    """Return a registration, a catalog and a look, as they were on the wire."""

    async def main() -> list[Record]:
        network = Network()
        platform = Unplugged(network)
        await platform.start()
        camera = Camera(network)
        camera.connect()
        await asyncio.sleep(20)
        session = await platform.sessions.open(CAMERA, CHANNELS[0])
        await asyncio.sleep(2)
        session.release()
        await asyncio.sleep(20)
        records = list(platform.wire)
        await platform.stop()
        return records

    return run(main())


def test_a_recorded_registration_catalog_and_look_go_as_they_went() -> None:
    records = read(map(write, record()))
    told = replay(records, password=PASSWORD)
    assert told.differences == ()
    assert "MESSAGE Catalog" in told.asked_now
    assert "INVITE" in told.asked_now
    statuses = [answer.now for answer in told.answers if answer.request == "REGISTER"]
    assert statuses == ["401", "200"]
    assert len(told.answers) >= 4


def test_another_password_is_a_difference_and_named() -> None:
    told = replay(record(), password="another word")
    assert "REGISTER: 200 -> 403" in told.differences
    assert any(text.startswith("asked: ") for text in told.differences)


def test_other_settings_are_a_difference() -> None:
    one, two = record()[:2], replace(SETTINGS, algorithm="SHA-256")
    told = replay(one, password=PASSWORD, settings=two)
    assert told.answers == (Answer("REGISTER", "401", "401"),)
    assert replay(one, password="").answers[0].now == "200"


def test_an_empty_trace_and_one_of_rubbish_go_through() -> None:
    assert replay([]) == Replay((), (), ())
    rubbish = [
        Record(1.0, Way.IN, "udp", "192.0.2.9:5060", b"\x00\x01"),
        Record(1.0, Way.IN, "udp", "192.0.2.9:5060", b"BREW x SIP/2.0\r\n\r\n"),
        Record(2.0, Way.OUT, "udp", "192.0.2.9:5060", b"\xff\r\n\r\n"),
    ]
    assert replay(rubbish).answers == (Answer("BREW", "", ""),)


def test_nonces_of_a_trace() -> None:
    nonces = Recorded(["a", "a", "b"])
    assert [nonces.issue(0.0), nonces.issue(0.0)] == ["a", "b"]
    own = nonces.issue(0.0)
    assert nonces.judge("a", 1e9) is Freshness.FRESH
    assert nonces.judge(own, 0.0) is Freshness.FRESH
    assert nonces.judge("c", 0.0) is Freshness.FOREIGN
