"""The demonstration's devices as a process: how it comes up, takes orders, fails and goes."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tongshi.app.node import Node
from tongshi.cli import town as subject
from tongshi.cli.demo import settings_for
from tongshi.cli.town import Reports, Town
from tongshi.errors import EngineFailed
from tongshi.testing.command import children

pytestmark = pytest.mark.network

SECOND = "34020000001320000002"


def run(work: Coroutine[object, object, None]) -> None:
    """Run *work*, and see that no process is left of it."""
    asyncio.run(work)
    assert children(os.getpid()) == []


async def until(met: Callable[[], object]) -> None:
    """Wait until *met*; the limit is for defects only."""
    for _ in range(1000):
        if met():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


def node(folder: Path) -> Node:
    given = settings_for(folder, "127.0.0.1", check=True)
    return Node(replace(given, media=replace(given.media, workers=0)))


def play(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Have *text* run instead of the devices."""
    script = folder / "fleet.sh"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{text}"\n')
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))


def test_the_devices_come_take_orders_and_say_good_bye(tmp_path: Path) -> None:
    async def main() -> None:
        async with node(tmp_path) as made:
            async with Town(made) as town:
                await until(lambda: made.figures()["devices.online"] == 25)
                told = await town.ask({"do": "state", "device": SECOND}, "state")
                assert (told["device"], told["registered"]) == (SECOND, True)
                with pytest.raises(EngineFailed, match="not a command"):
                    await town.ask({"do": "dance", "device": SECOND}, "state")
                await town.tell({"do": "kill", "device": "34020000001320000001"})
                await until(lambda: made.figures()["devices.online"] < 25)
            assert made.figures()["devices.online"] == 0
            whys = {device.why.value for device in made.signalling.devices()}
            assert whys == {"missed", "unregistered"}
            with pytest.raises(EngineFailed, match="not there"):
                await town.tell({"do": "figures"})

    run(main())


def test_reports_go_to_who_waits_for_them() -> None:
    async def main() -> None:
        reports = Reports()

        async def give(*told: dict[str, Any]) -> None:
            for one in told:
                reports.take(one)

        mine = {"event": "state", "device": "1", "number": 1}
        others: tuple[dict[str, Any], ...] = (
            {"event": "state", "device": "2"},
            {"event": "counts", "device": "1"},
            {},
        )
        assert await reports.after(give(*others, mine, {**mine, "number": 2}), "state", "1") == mine
        with pytest.raises(EngineFailed, match="no report of state from 1 in 0"):
            await reports.after(give(*others), "state", "1", 0.01)
        refused = {"event": "refused", "why": "no such device"}
        with pytest.raises(EngineFailed, match="no such device"):
            await reports.after(give(refused), "state", "1")
        reports.take(mine)

    run(main())


def test_devices_that_end_at_their_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with node(tmp_path) as made:
            play(tmp_path, monkeypatch, "print('no report'); print('[1]'); print('{}')")
            with pytest.raises(EngineFailed, match="ended at their start"):
                async with Town(made):
                    pass

    run(main())


def test_devices_that_never_come_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "START", 0.3)

    async def main() -> None:
        async with node(tmp_path) as made:
            play(tmp_path, monkeypatch, "import sys; sys.stdin.read()")
            with pytest.raises(EngineFailed, match="did not start"):
                async with Town(made):
                    pass

    run(main())


def test_devices_that_do_not_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "STOP", 0.3)

    async def main() -> None:
        async with node(tmp_path) as made:
            ready = 'print(\'{\\"event\\": \\"ready\\"}\', flush=True)'
            play(tmp_path, monkeypatch, f"import time; {ready}; time.sleep(600)")
            async with Town(made):
                assert len(children(os.getpid())) == 1

    run(main())


def test_a_start_that_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with node(tmp_path) as made:
            play(tmp_path, monkeypatch, "import sys; sys.stdin.read()")
            starting = asyncio.create_task(Town(made).__aenter__())
            await until(lambda: children(os.getpid()))
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting

    run(main())


def test_orders_before_the_start(tmp_path: Path) -> None:
    async def main() -> None:
        async with node(tmp_path) as made:
            with pytest.raises(EngineFailed, match="not there"):
                await Town(made).tell({"do": "figures"})

    run(main())
