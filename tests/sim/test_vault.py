import asyncio
from dataclasses import replace

import pytest

from tongshi.errors import Invalid
from tongshi.sim.film import Shot
from tongshi.sim.tape import Still, digest_of, groups_of
from tongshi.sim.vault import Vault

TAPE = Shot(view="orbits", width=80, height=40, fps=5, gop=2, bitrate=30_000, sound=False)


def test_a_group_is_made_once_for_all_who_want_it() -> None:
    async def work() -> None:
        async with Vault() as vault:
            assert vault.look(TAPE, 7) is None
            both = await asyncio.gather(vault.fetch(TAPE, 7), vault.fetch(TAPE, 7))
            assert both[0] == both[1] == vault.look(TAPE, 7)
            assert await vault.fetch(TAPE, 7) is both[0]
            assert vault.made == 1
            vault.want(TAPE, 7)
            vault.want(TAPE, 8)
            vault.want(TAPE, 8)
            assert len(await vault.fetch(TAPE, 8)) == 2
            assert vault.made == 2
            assert vault.size > 0

    asyncio.run(work())


def test_what_was_used_last_is_kept() -> None:
    async def work() -> None:
        async with Vault(kept_bytes=1) as vault:
            first = await vault.fetch(TAPE, 1)
            await vault.fetch(TAPE, 2)
            assert vault.look(TAPE, 1) is None
            assert vault.look(TAPE, 2)
            assert await vault.fetch(TAPE, 1) == first

    asyncio.run(work())


@pytest.mark.parametrize("patient", [True, False])
def test_who_stops_waiting_stops_nobody_else(patient: bool) -> None:
    async def work() -> tuple[Still, ...]:
        async with Vault() as vault:
            waiting = asyncio.create_task(vault.fetch(TAPE, 3))
            await asyncio.sleep(0)
            waiting.cancel()
            return await vault.fetch(TAPE, 3) if patient else ()

    assert len(asyncio.run(work())) == (2 if patient else 0)


def test_a_picture_that_cannot_be_drawn() -> None:
    async def work() -> None:
        async with Vault() as vault:
            with pytest.raises(Invalid):
                await vault.fetch(replace(TAPE, view="nowhere"), 1)
            vault.want(replace(TAPE, view="nowhere"), 1)

    asyncio.run(work())


def test_digests_are_offered_and_views_are_bounded() -> None:
    async def work() -> None:
        async with Vault() as vault:
            stills = [
                still
                for group in groups_of(TAPE, 10, 12)
                for still in await vault.fetch(TAPE, group)
            ]
            digest = await vault.digest(TAPE, 10, 12)
            assert digest == digest_of(TAPE.codec, stills)
            assert digest.frames == 10
            for width in range(80, 120, 2):
                await vault.fetch(replace(TAPE, width=width), 1)

    asyncio.run(work())
