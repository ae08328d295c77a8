import asyncio
from collections.abc import Callable

from tongshi.sim.depot import Depot
from tongshi.sim.film import Shot
from tongshi.sim.rtpline import Pack
from tongshi.sim.scene import Studio

SHOT = Shot(view="orbits", width=160, height=90, fps=50, gop=10, bitrate=100_000)
PLAIN: frozenset[str] = frozenset()
ODD = frozenset({"no-psm"})
MAP = b"\0\0\1\xbc"


async def until(done: Callable[[], object], seconds: float = 10.0) -> None:
    for _ in range(round(seconds / 0.01)):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def test_equal_dresses_share_packs_and_others_do_not() -> None:
    async def look() -> None:
        async with Studio() as studio:
            depot = Depot(studio)
            one: list[Pack] = []
            two: list[Pack] = []
            odd: list[Pack] = []
            leave = depot.fetch(SHOT, PLAIN, one.append)
            await until(lambda: len(one) > 12)
            leave_two = depot.fetch(SHOT, PLAIN, two.append)
            leave_odd = depot.fetch(SHOT, ODD, odd.append)
            assert two[0].key
            assert two[0] in one
            # The other dress is packed anew from the frames of the running film.
            assert odd[0].number == two[0].number
            assert len(studio.running()) == 1
            assert MAP in two[0].chunks[0]
            assert MAP not in b"".join(odd[0].chunks)
            assert all(len(chunk) <= 1400 for pack in one for chunk in pack.chunks)
            for end in (leave, leave_two, leave_odd, leave):
                end()
            assert studio.running() == []
            again = depot.fetch(SHOT, PLAIN, one.append)
            again()

    asyncio.run(look())
