import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tongshi.cli.bench.media import make_clip
from tongshi.cli.bench.mediarig import (
    HOST,
    Load,
    LoadProcess,
    Outcome,
    Rig,
    processor_time,
    resident,
)
from tongshi.gateway.engine import Transport

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "clip"
    make_clip(path)
    return path


async def measure(clip: Path, load: Load) -> Outcome:
    async with Rig.build(clip) as rig:
        outcome = await rig.measure(load)
        assert rig.engine.leased_ports() == 0
        return outcome


@pytest.mark.parametrize(
    "load",
    [
        Load(3, Transport.UDP, 3.0, viewers=True),
        Load(3, Transport.TCP_PASSIVE, 3.0),
        Load(3, Transport.UDP, 3.0, relays=True),
    ],
    ids=["viewed", "tcp", "relayed"],
)
def test_a_small_load_is_carried_whole(clip: Path, load: Load) -> None:
    outcome = asyncio.run(measure(clip, load))
    assert outcome.faults == []
    assert outcome.ok
    assert outcome.cores > 0
    # Every picture after the first key frame of each stream: 75 sent, the key up to 49 later.
    assert bool(outcome.latencies) is load.viewers
    assert all(latency > 0 for latency in outcome.latencies)


def test_what_is_lost_is_a_fault(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sending = Rig.sending
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as astray:
        astray.bind((HOST, 0))

        def misdirect(
            self: Rig, ports: list[int], transport: Transport, frames: int
        ) -> dict[str, Any]:
            return sending(self, [*ports[:-1], astray.getsockname()[1]], transport, frames)

        monkeypatch.setattr(Rig, "sending", misdirect)
        outcome = asyncio.run(measure(clip, Load(2, seconds=3.0)))
    assert not outcome.ok
    assert "were not taken" in outcome.faults[0]


def test_a_load_process_that_dies_is_said() -> None:
    async def run() -> None:
        async with LoadProcess.run("juggle", {}) as load:
            with pytest.raises(RuntimeError, match="ended"):
                await load.read()

    asyncio.run(run())


def test_this_process_has_time_and_memory() -> None:
    assert processor_time(os.getpid()) > 0
    assert resident(os.getpid()) > 1 << 20
