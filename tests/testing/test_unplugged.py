import asyncio

from tongshi.digest import Nonces
from tongshi.registry.peers.rule import Effect, Rule, RuleBook
from tongshi.signalling.event import (
    CatalogGathered,
    DevicePresence,
    Presence,
    RegistrationRefused,
)
from tongshi.sip.address import Address
from tongshi.sip.trace import Way
from tongshi.testing.timeless import Network, run
from tongshi.testing.unplugged import CAMERA, CHANNELS, Camera, Unplugged, visit


def test_a_camera_registers_lists_shows_and_leaves_in_no_time() -> None:
    async def main() -> None:
        network = Network()
        platform = Unplugged(network, nonces=Nonces(bytes(16)))
        await platform.start()
        camera = Camera(network)
        camera.connect()
        await asyncio.sleep(30)
        (listed,) = [one for one in platform.heard if isinstance(one, CatalogGathered)]
        assert [item.device_id for item in listed.gathered.items] == list(CHANNELS)
        session = await platform.sessions.open(CAMERA, CHANNELS[0])
        session.release()
        assert camera.told
        camera.leave()
        await asyncio.sleep(30)
        presences = [one.state for one in platform.heard if isinstance(one, DevicePresence)]
        assert presences == [Presence.ONLINE, Presence.OFFLINE]
        assert {record.way for record in platform.wire} == set(Way)
        await platform.stop()

    run(main())


def test_decisions_hold_and_strangers_may_be_played() -> None:
    async def main() -> None:
        network = Network()
        book = RuleBook([Rule(Effect.DENY, CAMERA)])
        platform = Unplugged(network, book=book, hand={CAMERA: {"subscribe": "false"}})
        await platform.start()
        assert not platform.profiles.of(CAMERA).subscribe
        Camera(network).connect()
        platform.send(b"nothing at all", Address("192.0.2.99", 5060))
        await asyncio.sleep(5)
        assert any(isinstance(one, RegistrationRefused) for one in platform.heard)
        await platform.stop()

    run(main())


def test_a_visit_returns_what_it_brought_and_a_camera_may_move() -> None:
    async def work(platform: Unplugged, camera: Camera) -> int:
        camera.hop(40_000)
        await asyncio.sleep(70)
        neighbour = platform.neighbours.get(CAMERA)
        assert neighbour is not None
        return neighbour.address.port

    assert visit(work) == 40_000
