"""Recordings on the loopback interface: played, steered, fetched, to the frame and to the byte."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tongshi.gb28181.description import Purpose, Setup
from tongshi.gb28181.manscdp import MediaStatus
from tongshi.gb28181.mansrtsp import Method, Order, Range
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Ended, Established, Failed
from tongshi.media.unit import Codec
from tongshi.sim.archive import Hours, Plan
from tongshi.sim.camera import Camera, Wiring
from tongshi.sim.depot import Depot
from tongshi.sim.film import Shot
from tongshi.sim.join import Join
from tongshi.sim.office import Footage, Office
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sim.scene import Studio
from tongshi.sim.strip import MODULUS
from tongshi.sim.tape import digest_of, groups_of, slices_of
from tongshi.sim.witness import Witness

pytestmark = pytest.mark.network

PLATFORM_ID = "34020000002000000001"
DEVICE, CHANNEL = "34020000001180000001", "34020000001310000001"
TAPE = Shot(
    view="orbits", title="TAPE", width=160, height=90, fps=10, gop=5, bitrate=60_000, sound=True
)
BEGIN = 1_700_000_000


class Scene:
    """One recorder at one platform."""

    def __init__(self, office: Office, studio: Studio, camera: Camera) -> None:
        self.office = office
        self.studio = studio
        self.camera = camera

    async def until(self, done: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait until *done*; the time-out is for defects only."""
        for _ in range(round(seconds / 0.01)):
            if done():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError

    async def play(
        self, footage: Footage, setup: Setup | None = None, channel: str = CHANNEL
    ) -> tuple[Caller, Witness]:
        return await self.office.call(DEVICE, channel, setup=setup, footage=footage)

    async def ended(self) -> MediaStatus:
        async with asyncio.timeout(20):
            return await self.office.told(MediaStatus)


@asynccontextmanager
async def scene(*names: str, tape: Shot = TAPE, plan: Plan | None = None) -> AsyncIterator[Scene]:
    channel = Channel(CHANNEL, "大门", tape=tape, plan=plan or Plan(days=4000))
    profile = Profile(DEVICE, "录像机", (channel,), histories=2)
    async with Studio() as studio, Office() as office:
        camera = Camera(
            profile,
            Join(PLATFORM_ID, "secret"),
            Wiring("127.0.0.1", office.port),
            Depot(studio),
            quirks=Quirks.of(names),
        )
        await camera.start()
        made = Scene(office, studio, camera)
        await made.until(lambda: office.online(DEVICE))
        try:
            yield made
        finally:
            await camera.stop()


def numbers(start: float, end: float, tape: Shot = TAPE) -> list[int]:
    """Return the counters of the whole groups that cover *start* to *end*."""
    return [
        number % MODULUS
        for group in groups_of(tape, start, end)
        for number in range(group * tape.gop, (group + 1) * tape.gop)
    ]


@pytest.mark.clause("9.8.2.1")
@pytest.mark.parametrize("setup", [None, Setup.PASSIVE, Setup.ACTIVE], ids=str)
def test_every_frame_of_a_playback_comes_once(setup: Setup | None) -> None:
    async def look() -> None:
        async with scene() as at:
            caller, witness = await at.play(Footage(BEGIN, BEGIN + 2), setup)
            assert isinstance(at.office.outcome(caller), Established)
            told = await at.ended()
            assert (told.device_id, told.notify_type) == (CHANNEL, "121")
            await at.until(lambda: len(witness.pictures) >= 20)
            assert witness.counters() == numbers(BEGIN, BEGIN + 2)
            assert witness.pictures[0].key
            assert sum(len(unit.data) for unit in witness.sounds) == 16_000
            at.office.hang_up(caller)
            await at.until(lambda: not at.camera.streams)

    asyncio.run(look())


@pytest.mark.clause("9.9.1", "9.9.2.1")
@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_a_download_is_faster_and_to_the_byte(codec: Codec) -> None:
    tape = Shot(
        view="road", width=160, height=90, fps=5, gop=10, bitrate=40_000, sound=False, codec=codec
    )

    async def look() -> None:
        async with scene(tape=tape) as at:
            footage = Footage(BEGIN, BEGIN + 60, Purpose.DOWNLOAD, speed=64)
            caller, witness = await at.play(footage, Setup.PASSIVE)
            outcome = at.office.outcome(caller)
            assert isinstance(outcome, Established)
            assert outcome.answer.file_size
            assert outcome.answer.ssrc[0] == "1"
            await at.ended()
            await at.until(lambda: len(witness.pictures) >= 300)
            expected = await at.studio.vault.digest(tape, BEGIN, BEGIN + 60)
            assert expected.frames == 300
            stills = await at.studio.vault.fetch(tape, groups_of(tape, BEGIN, BEGIN + 1)[0])
            assert slices_of(codec, witness.pictures[0].data) == slices_of(codec, stills[0].picture)
            assert counters_match(witness, BEGIN, 60, tape)

    asyncio.run(look())


def counters_match(witness: Witness, start: float, seconds: float, tape: Shot) -> bool:
    return witness.counters() == numbers(start, start + seconds, tape)


@pytest.mark.clause("B.2.2")
def test_a_pause_loses_no_frame() -> None:
    async def look() -> None:
        async with scene() as at:
            caller, witness = await at.play(Footage(BEGIN, BEGIN + 3))
            await at.until(lambda: len(witness.pictures) >= 5)
            assert (await at.office.steer(caller, Order(Method.PAUSE, 1))).done
            held = len(witness.pictures)
            await asyncio.sleep(0.3)
            assert len(witness.pictures) <= held + 1
            reply = await at.office.steer(caller, Order(Method.PLAY, 2, range=Range()))
            assert reply.done
            await at.ended()
            await at.until(lambda: len(witness.pictures) >= 30)
            assert witness.counters() == numbers(BEGIN, BEGIN + 3)

    asyncio.run(look())


@pytest.mark.clause("B.2.3", "B.2.4")
def test_a_jump_lands_on_its_group_and_speeds_change() -> None:
    async def look() -> None:
        async with scene() as at:
            caller, witness = await at.play(Footage(BEGIN, BEGIN + 3600))
            await at.until(lambda: witness.pictures)
            await at.office.steer(caller, Order(Method.PAUSE, 1))
            before = len(witness.pictures)
            jump = Order(Method.PLAY, 2, scale=8.0, range=Range(1800.3))
            reply = await at.office.steer(caller, jump)
            assert reply.scale == 8.0
            assert reply.range == Range(1800.0)
            assert reply.sequence is not None
            await at.until(lambda: len(witness.pictures) > before + 20)
            counters = witness.counters()[before:]
            wanted = numbers(BEGIN + 1800, BEGIN + 3600)
            at_jump = counters.index(wanted[0])
            assert counters[at_jump:] == wanted[: len(counters) - at_jump]

    asyncio.run(look())


@pytest.mark.clause("B.2.8")
def test_backwards_groups_come_in_reverse() -> None:
    async def look() -> None:
        async with scene() as at:
            caller, witness = await at.play(Footage(BEGIN, BEGIN + 60))
            await at.until(lambda: witness.pictures)
            await at.office.steer(caller, Order(Method.PAUSE, 1))
            before = len(witness.pictures)
            back = Order(Method.PLAY, 2, scale=-4.0, range=Range(2.6, 1.1))
            assert (await at.office.steer(caller, back)).scale == -4.0
            await at.ended()
            await at.until(lambda: len(witness.pictures) >= before + 20)
            first = [numbers(BEGIN + t / 2, BEGIN + t / 2 + 0.4) for t in (5, 4, 3, 2)]
            assert witness.counters()[-20:] == [number for group in first for number in group]

    asyncio.run(look())


def test_gaps_are_passed_over() -> None:
    # 1,700,000,000 is 06:13:20 in Beijing, second 22,400 of its day.
    plan = Plan(days=4000, hours=(Hours(22_400, 22_401), Hours(22_410, 22_411)))

    async def look() -> None:
        async with scene(plan=plan) as at:
            _, witness = await at.play(Footage(BEGIN, BEGIN + 60))
            await at.ended()
            await at.until(lambda: len(witness.pictures) >= 20)
            wanted = numbers(BEGIN, BEGIN + 1) + numbers(BEGIN + 10, BEGIN + 11)
            assert witness.counters() == wanted
            nothing, _ = await at.play(Footage(BEGIN + 20, BEGIN + 30))
            outcome = at.office.outcome(nothing)
            assert isinstance(outcome, Failed)
            assert outcome.status == 404

    asyncio.run(look())


def test_playbacks_are_limited() -> None:
    async def look() -> None:
        async with scene() as at:
            calls = [await at.play(Footage(BEGIN, BEGIN + 60)) for _ in range(3)]
            outcomes = [at.office.outcome(caller) for caller, _ in calls]
            assert isinstance(outcomes[1], Established)
            assert isinstance(outcomes[2], Failed)
            assert outcomes[2].status == 486

    asyncio.run(look())


@pytest.mark.clause("A.2.5.4")
@pytest.mark.parametrize("name", ["end-outside", "end-by-bye", "end-silent"])
def test_the_end_is_told_as_the_device_tells_it(name: str) -> None:
    async def look() -> None:
        async with scene(name) as at:
            caller, witness = await at.play(Footage(BEGIN, BEGIN + 1))
            await at.until(lambda: len(witness.pictures) >= 10)
            match name:
                case "end-by-bye":
                    await at.until(lambda: isinstance(at.office.outcome(caller), Ended))
                case "end-silent":
                    await asyncio.sleep(0.3)
                    assert isinstance(at.office.outcome(caller), Established)
                case _:
                    # From is the channel, which no platform has registered.
                    await asyncio.sleep(0.3)
                    assert isinstance(at.office.outcome(caller), Established)

    asyncio.run(look())


def test_a_tape_that_cannot_be_made_ends_the_session() -> None:
    tape = Shot(view="nowhere", width=160, height=90)

    async def look() -> None:
        async with scene(tape=tape) as at:
            caller, _ = await at.play(Footage(BEGIN, BEGIN + 60))
            await at.until(lambda: isinstance(at.office.outcome(caller), Ended))

    asyncio.run(look())


def test_digests_of_nothing_and_of_stills() -> None:
    assert digest_of(Codec.H264, ()).frames == 0
