"""Fleets in this process and in one of their own, against a platform on the loopback interface."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tongshi.errors import Invalid, Missing
from tongshi.gb28181.description import Setup
from tongshi.gb28181.subscription import Subject
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet, main, password_from
from tongshi.sim.impair import CLEAN
from tongshi.sim.join import Join
from tongshi.sim.office import Office
from tongshi.sim.town import demo_town

PLATFORM = "34020000002000000001"
SMALL = Shot(width=160, height=90, bitrate=100_000)


async def until(done: Callable[[], object], seconds: float = 30.0) -> None:
    for _ in range(round(seconds / 0.02)):
        if done():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


def join(office: Office) -> Join:
    return Join(PLATFORM, office.password)


@pytest.mark.network
def test_the_town_registers_lists_and_shows() -> None:
    async def look() -> None:
        town = demo_town(SMALL)
        told: list[dict[str, Any]] = []
        async with Office() as office:
            fleet = Fleet(town, "127.0.0.1", office.port, join(office), report=told.append)
            async with fleet:
                await until(lambda: all(office.online(spec.device_id) for spec in town))
                for spec in town:
                    office.query(spec.device_id)
                await until(lambda: all(office.catalog(spec.device_id) for spec in town))
                for spec in town:
                    gathered = office.catalog(spec.device_id)
                    assert gathered is not None
                    assert gathered.complete is spec.listed
                    profile = spec.profile
                    assert gathered.unique == len(profile.channels) + len(profile.accessories)
                recorder = town[-1]
                ways = (None, Setup.PASSIVE, Setup.ACTIVE)
                for way, channel in zip(ways, recorder.profile.channels, strict=False):
                    _, witness = await office.call(
                        recorder.device_id, channel.channel_id, setup=way
                    )
                    await until(lambda: len(witness.pictures) > 3)  # noqa: B023 (used at once)
                figures = fleet.figures()
                assert figures["registered"] == 25
                assert figures["streams"] == 3
                assert len(figures["films"]) == 3
            await until(lambda: not office.platform.online)
        assert {"registered", "queried", "invited", "agreed", "unregistered"} <= {
            line["event"] for line in told
        }

    asyncio.run(look())


@pytest.mark.network
def test_orders_are_obeyed_or_refused() -> None:
    async def look() -> None:
        town = demo_town(SMALL)[:2]
        first, second = town[0].device_id, town[1].device_id
        told: list[dict[str, Any]] = []
        async with Office() as office:
            fleet = Fleet(town, "127.0.0.1", office.port, join(office), report=told.append)
            async with fleet:
                await until(lambda: len(office.platform.online) == 2)
                await fleet.obey({"do": "quirks", "device": first, "quirks": ["no-psm"]})
                assert list(fleet.camera(first).quirks) == ["no-psm"]
                await fleet.obey({"do": "impair", "device": first, "impairments": "loss=0.5"})
                assert fleet.camera(first).wiring.impairments.loss == 0.5
                await fleet.obey({"do": "kill", "device": first})
                assert fleet.camera(first).device.silent
                await fleet.obey({"do": "start", "device": first})
                await until(lambda: fleet.camera(first).device.registered)
                assert fleet.camera(first).wiring.impairments is CLEAN
                await fleet.obey({"do": "drop", "device": second})
                await fleet.obey({"do": "figures"})
                assert told[-1]["event"] == "figures"
                await fleet.obey({"do": "alarm", "device": first})
                await until(lambda: fleet.camera(first).device.reports.counts[Subject.ALARM].sent)
                await fleet.obey({"do": "counts", "device": first})
                assert (told[-1]["device"], "total" in told[-1]) == (first, False)
                await fleet.obey({"do": "counts"})
                assert told[-1]["total"]["alarm"]["raised"] == 1
                await fleet.obey({"do": "state", "device": first})
                assert (told[-1]["event"], told[-1]["device"]) == ("state", first)
                channel = town[0].profile.channels[0].channel_id
                now = int(time.time()) - 60
                await fleet.obey(
                    {"do": "digest", "device": first, "channel": channel, "since": now,
                     "until": now + 4}
                )  # fmt: skip
                assert told[-1]["frames"] >= 60
                for order in ({}, {"do": "dance"}, {"do": "kill"}, {"do": "kill", "device": 5}):
                    with pytest.raises(Invalid):
                        await fleet.obey(order)
                with pytest.raises(Missing):
                    await fleet.obey({"do": "kill", "device": "nobody"})
                with pytest.raises(Missing):
                    await fleet.start("nobody")
                with pytest.raises(Invalid):
                    await fleet.obey({"do": "quirks", "device": first, "quirks": ["odd"]})

    asyncio.run(look())


@pytest.mark.network
def test_a_fleet_in_its_own_process() -> None:
    async def look() -> None:
        async with Office() as office:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tongshi.sim.fleet"),
                *("--platform", f"127.0.0.1:{office.port}", "--password-env", "FLEET_WORD"),
                *("--cameras", "2", "--no-recorder"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "FLEET_WORD": office.password},
            )
            assert process.stdin is not None
            assert process.stdout is not None
            lines: list[dict[str, Any]] = []

            async def read() -> None:
                assert process.stdout is not None
                while line := await process.stdout.readline():
                    lines.append(json.loads(line))

            reading = asyncio.ensure_future(read())
            await until(lambda: len(office.platform.online) == 2)
            await until(lambda: any(line["event"] == "ready" for line in lines))
            assert {"event": "ready", "devices": 2, "channels": 2} in lines
            for order in (b"not json\n", b"[]\n", b'{"do": "figures"}\n'):
                process.stdin.write(order)
            await until(lambda: any(line["event"] == "figures" for line in lines))
            assert sum(line["event"] == "refused" for line in lines) == 2
            process.stdin.close()  # its parent is gone: it says goodbye to the platform
            assert await process.wait() == 0
            await reading
            assert lines[-1] == {"event": "stopped"}
            assert office.platform.online == []

    asyncio.run(look())


def test_a_missing_password_is_said() -> None:
    with pytest.raises(Invalid, match="NO_SUCH_VARIABLE"):
        password_from("NO_SUCH_VARIABLE")
    with pytest.raises(Invalid, match="NO_SUCH_VARIABLE"):
        main(["--platform", "127.0.0.1:1", "--password-env", "NO_SUCH_VARIABLE"])
