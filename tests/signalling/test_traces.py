import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tongshi.errors import Conflict, Exhausted, Invalid, Missing
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Tap
from tongshi.signalling import traces as module
from tongshi.signalling.event import DeviceRegistered
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.traces import Trace, Traces, Wanted
from tongshi.sip.address import Address

CAMERA = "34020000001320000001"
HOME = Address("192.0.2.20", 5060, "udp", "x")
AWAY = Address("198.51.100.9", 5060, "udp", "x")
WORD = b"MESSAGE sip:x SIP/2.0\r\nFrom: <sip:%s@3402>\r\n\r\n"


class Clock:
    def __init__(self) -> None:
        self.at = 1_700_000_000.0

    def now(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at


class Bench:
    """Traces in a directory, with what they hang on."""

    def __init__(self, directory: Path) -> None:
        self.clock = Clock()
        self.neighbours = Neighbours(Rules(), lambda event: None)
        self.tap: Tap | None = None
        self.directory = directory / "traces"
        numbers = iter(range(1000))
        self.traces = Traces(
            self.directory,
            self.neighbours,
            self.clock,
            self.listen,
            lambda: f"{next(numbers):06}",
        )

    def listen(self, tap: Tap | None) -> None:
        self.tap = tap

    def carry(self, data: bytes, address: Address = HOME, inward: bool = True) -> None:
        if self.tap is not None:
            self.tap(inward, data, address)

    def register(self, address: Address = HOME) -> None:
        granted = DeviceRegistered(
            CAMERA, address.host, 5060, "udp", 0.0, 3600.0, Version.V2016, "", "", False
        )
        self.neighbours.register(granted, address, 0.0)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def _end_of(trace: Trace) -> None:
    for _ in range(10_000):
        if trace.why:
            return
        await asyncio.sleep(module.FLUSH)
    raise AssertionError("it never ended")


def test_a_device_is_recorded_by_its_id_and_by_its_address(tmp_path: Path) -> None:
    async def main() -> None:
        bench = Bench(tmp_path)
        bench.carry(b"before")
        trace = await bench.traces.start(Wanted(CAMERA), "admin")
        bench.carry(WORD % CAMERA.encode())
        bench.carry(b"SIP/2.0 200 OK", inward=False)  # nothing says whose it is
        bench.register()
        bench.carry(b"INVITE sip:channel SIP/2.0", inward=False)
        bench.carry(b"other", AWAY)
        assert bench.traces.running() == [trace]
        bench.traces.end(trace.name)
        assert bench.tap is None
        bench.carry(WORD % CAMERA.encode())
        (kept,) = await bench.traces.kept()
        assert (kept.name, kept.by, kept.why, kept.messages) == (trace.name, "admin", "stopped", 2)
        assert kept.wanted == Wanted(CAMERA)
        shown = await bench.traces.ladder(trace.name)
        assert [row.source for row in shown.rows] == ["192.0.2.20:5060", "platform"]
        await bench.traces.stop()

    run(main())


@pytest.mark.parametrize(
    ("address", "count"),
    [("192.0.2.20", 2), ("192.0.2.20:5060", 1), ("[2001:db8::1]:5060", 1), ("2001:db8::1", 1)],
)
def test_an_address_is_recorded(tmp_path: Path, address: str, count: int) -> None:
    async def main() -> None:
        bench = Bench(tmp_path)
        trace = await bench.traces.start(Wanted(address=address), "admin")
        for one in (HOME, HOME._replace(port=5061), AWAY, Address("2001:db8::1", 5060)):
            bench.carry(b"x", one)
        assert trace.messages == count
        await bench.traces.stop()

    run(main())


def test_strangers_are_recorded_from_their_first_word_on(tmp_path: Path) -> None:
    async def main() -> None:
        bench = Bench(tmp_path)
        bench.register(AWAY)
        trace = await bench.traces.start(Wanted(strangers=True), "admin")
        bench.carry(b"x", AWAY)
        bench.carry(b"REGISTER")
        bench.register(HOME)
        bench.carry(b"MESSAGE")
        assert trace.messages == 2
        await bench.traces.stop()

    run(main())


def test_passwords_are_not_recorded(tmp_path: Path) -> None:
    async def main() -> None:
        bench = Bench(tmp_path)
        trace = await bench.traces.start(Wanted(address=HOME.host), "admin")
        bench.carry(b"<Password>12345678</Password>")
        text = (await bench.traces.file(trace.name)).read_text("utf-8")
        assert "12345678" not in text
        assert "********" in text
        await bench.traces.stop()

    run(main())


def test_a_trace_ends_by_size_and_by_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FLUSH", 0.001)

    async def main() -> None:
        bench = Bench(tmp_path)
        large = await bench.traces.start(Wanted(address=HOME.host, size=1024), "admin")
        bench.carry(b"x" * 2000)
        assert large.why == "size is reached"
        late = await bench.traces.start(Wanted(address=HOME.host, seconds=5), "admin")
        bench.clock.at += 6
        bench.carry(b"x")
        assert late.why == "time is up"
        silent = await bench.traces.start(Wanted(address=AWAY.host, seconds=5), "admin")
        lasting = await bench.traces.start(Wanted(address=AWAY.host, seconds=600), "admin")
        bench.clock.at += 6
        await _end_of(silent)
        bench.traces.end(lasting.name)
        assert silent.why == "time is up"
        assert [one.why for one in await bench.traces.kept()] == [
            "stopped",
            "time is up",
            "time is up",
            "size is reached",
        ]
        await bench.traces.stop()

    run(main())


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(CAMERA, strangers=True),
        Wanted("a b"),
        Wanted(address="nowhere"),
        Wanted(address="nowhere:5060"),
        Wanted(address="192.0.2.20:x"),
        Wanted(CAMERA, seconds=0),
        Wanted(CAMERA, size=1),
    ],
)
def test_what_cannot_be_recorded(tmp_path: Path, wanted: Wanted) -> None:
    async def main() -> None:
        with pytest.raises(Invalid):
            await Bench(tmp_path).traces.start(wanted, "admin")

    run(main())


def test_traces_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RUNNING", 1)
    monkeypatch.setattr(module, "KEPT", 2)

    async def main() -> None:
        bench = Bench(tmp_path)
        first = await bench.traces.start(Wanted(CAMERA), "admin")
        with pytest.raises(Exhausted, match="run already"):
            await bench.traces.start(Wanted(address=HOME.host), "admin")
        monkeypatch.setattr(module, "RUNNING", 5)
        with pytest.raises(Conflict):
            await bench.traces.start(Wanted(CAMERA), "admin")
        second = await bench.traces.start(Wanted(address=HOME.host), "admin")
        await bench.traces.write()
        with pytest.raises(Exhausted, match="kept"):
            await bench.traces.start(Wanted(strangers=True), "admin")
        await bench.traces.delete(second.name)
        assert [one.name for one in await bench.traces.kept()] == [first.name]
        assert len(bench.traces.running()) == 1
        await bench.traces.stop()

    run(main())


@pytest.mark.parametrize("name", ["", "../secret", "nothing"])
def test_what_is_no_trace(tmp_path: Path, name: str) -> None:
    async def main() -> None:
        bench = Bench(tmp_path)
        for ask in (bench.traces.file, bench.traces.ladder, bench.traces.delete):
            with pytest.raises(Missing):
                await ask(name)
        with pytest.raises(Missing):
            bench.traces.end(name)

    run(main())


def test_a_trace_whose_file_cannot_be_written_ends(tmp_path: Path) -> None:
    async def main() -> None:
        bench = Bench(tmp_path)
        trace = await bench.traces.start(Wanted(CAMERA), "admin")
        bench.directory.write_text("a file where the directory should be")
        await bench.traces.write()
        assert trace.why == "file cannot be written"
        assert bench.tap is None
        await bench.traces.stop()  # its last line is lost as well, and that is all

    run(main())


def test_a_file_without_an_ending_was_interrupted_and_others_are_passed_over(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        bench = Bench(tmp_path)
        trace = await bench.traces.start(Wanted(CAMERA), "admin")
        await bench.traces.write()
        (bench.directory / "odd.jsonl").write_text("{}")
        other = Bench(tmp_path)
        (kept,) = await other.traces.kept()
        assert (kept.name, kept.why) == (trace.name, "interrupted")
        await bench.traces.stop()

    run(main())
