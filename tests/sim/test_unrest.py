"""Things that happen to many devices, and their counts at both ends."""

import asyncio
import io
import json
from collections import Counter

import pytest

from tongshi.errors import Invalid
from tongshi.gb28181.manscdp import AlarmNotify, MobilePosition
from tongshi.sim import unrest as module
from tongshi.sim.fleet import Fleet
from tongshi.sim.join import Join
from tongshi.sim.office import Office
from tongshi.sim.platform import Told
from tongshi.sim.unrest import Rates, Unrest, digest_of, disturb, main, specs_of

pytestmark = pytest.mark.network

FIRST = "34020000001320500001"


def join(office: Office) -> Join:
    return Join(office.platform.platform_id, office.password)


async def until_online(office: Office, count: int) -> None:
    for _ in range(2000):
        if len(office.platform.online) == count:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def test_both_ends_count_the_same() -> None:
    async def work() -> None:
        async with Office() as office:
            specs = specs_of(FIRST, 20)
            async with Fleet(specs, "127.0.0.1", office.port, join(office)) as fleet:
                await until_online(office, 20)
                made = Unrest(list(fleet.cameras.values()), Rates(600, 1200, 900), seed=7)
                for _ in range(60):
                    made.pass_time(0.1)
                    await asyncio.sleep(0)
                assert made.happened == {"alarms": 60, "positions": 120, "changes": 90}
                # Nobody has subscribed, so changes are told to nobody.
                assert await made.settle()
                assert made.under_way() == 0
                heard = Counter(
                    type(event.message) for event in office.events if isinstance(event, Told)
                )
                assert heard == {AlarmNotify: 60, MobilePosition: 120}

    asyncio.run(work())


def test_a_run_reports_and_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REPORT_S", 0.2)

    async def work() -> dict[str, object]:
        async with Office() as office:
            specs = specs_of(FIRST, 3)
            async with Fleet(specs, "127.0.0.1", office.port, join(office)) as fleet:
                await until_online(office, 3)
                return await disturb(fleet, Rates(alarms=1200), 0.5, 1)

    done = asyncio.run(work())
    assert (done["event"], done["settled"], done["happened"]) == ("done", True, {"alarms": 10})
    ids = [f"{FIRST[:14]}{number:06}" for number in range(500001, 500004)]
    assert done["channels"] == digest_of(
        (one, f"{one[:10]}131{number}{one[14:]}", "on", f"通道 {number}")
        for number in (1, 0)
        for one in ids
    )
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} == {"counts"}


def test_codes_count_on() -> None:
    specs = specs_of(FIRST, 2, channels=1)
    assert [spec.device_id[-3:] for spec in specs] == ["001", "002"]
    for first, count in ((FIRST, 0), ("short", 1), ("34020000001320999999", 5)):
        with pytest.raises(Invalid):
            specs_of(first, count)


def test_as_a_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WORD", "secret")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))

    async def work() -> int:
        async with Office() as office:
            arguments = [
                *("--platform", f"127.0.0.1:{office.port}", "--password-env", "WORD"),
                *("--count", "2", "--seconds", "0.3", "--alarms", "600"),
                *("--positions", "0", "--changes", "0", "--wait"),
            ]
            return await asyncio.to_thread(main, arguments)

    assert asyncio.run(work()) == 0
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert (events[0], events[-1]) == ("ready", "done")


def test_what_is_never_answered_does_not_settle() -> None:
    async def work() -> None:
        async with Office() as office:
            specs = specs_of(FIRST, 1)
            async with Fleet(specs, "127.0.0.1", office.port, join(office)) as fleet:
                await until_online(office, 1)
                made = Unrest(list(fleet.cameras.values()), Rates(alarms=60))
                office.platform.peers.clear()
                made.cameras[0].device.presence.target = None
                made.pass_time(1.0)
                assert not await made.settle(0.1)

    asyncio.run(work())
