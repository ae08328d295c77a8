"""The small platform against single requests, in virtual time."""

from tongshi.gb28181 import manscdp
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import CONTENT_TYPE
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.response import DeviceInfoAnswer
from tongshi.gb28181.steps import Failed, Stage
from tongshi.sim.device import Device
from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.join import Join
from tongshi.sim.platform import Listed, Moved, Platform, PlatformEvent, Told, Went
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sim.world import World
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered
from tongshi.sip.message import Request

PLATFORM = "34020000002000000001"
DEVICE = "34020000001320000001"
HOME = Address("192.0.2.10", 5060)
OFFER_PORT = 4000


class Village:
    """A platform, one device, and a bare endpoint beside them."""

    def __init__(self, *quirks: str) -> None:
        self.world = World()
        self.told: list[PlatformEvent] = []
        self.heard: list[object] = []
        self.platform = Platform(
            PLATFORM, "word", contact=HOME[:2], new_token=self.world.token, clock=self.world.clock
        )
        self.home = self.world.add(self.platform, *HOME[:2], self._tell)
        self.device = Device(
            Profile(DEVICE, "机", (Channel("34020000001310000001", "n"),)),
            Join(PLATFORM, "word"),
            contact=("192.0.2.7", 5060),
            new_token=self.world.token,
            chance=self.world.chance,
            clock=self.world.clock,
            quirks=Quirks.of(quirks),
        )
        self.place = self.world.add(self.device, "192.0.2.7", 5060, lambda event: None)
        self.device.connect(HOME, self.world.now)
        self.world.touch(self.place)
        self.stranger = Endpoint(new_token=self.world.token, sent_by="192.0.2.66:5060")
        self.outside = self.world.add(self.stranger, "192.0.2.66", 5060, self.heard.append)
        self.world.run(1)

    def _tell(self, event: object) -> None:
        assert isinstance(event, PlatformEvent)
        self.told.append(event)

    def ask(self, method: str, user: str, body: bytes = b"") -> int:
        """Return the status that a stranger, who says he is *user*, gets."""
        request = Request(
            method,
            f"sip:{PLATFORM}@3402000000",
            [
                ("From", f"<sip:{user}@3402000000>;tag=1"),
                ("To", f"<sip:{PLATFORM}@3402000000>"),
                ("Call-ID", self.world.token()),
                ("CSeq", f"1 {method}"),
                ("Content-Type", CONTENT_TYPE),
            ],
            body,
        )
        handle = self.stranger.request(request, HOME, self.world.now)
        self.world.touch(self.outside)
        self.world.run(1)
        answers = [e for e in self.heard if isinstance(e, Answered) and e.handle == handle]
        return answers[-1].response.status


def test_strangers_are_refused() -> None:
    village = Village()
    beat = manscdp.write(Keepalive(1, "34020000001329999999"))
    assert village.ask("MESSAGE", "34020000001329999999", beat) == 403
    assert village.ask("MESSAGE", DEVICE, b"no xml") == 400
    assert village.ask("BYE", DEVICE) == 481
    assert village.platform.online == [DEVICE]


def test_other_messages_are_told() -> None:
    village = Village()
    message = DeviceInfoAnswer(5, DEVICE, name="机")
    assert village.ask("MESSAGE", DEVICE, manscdp.write(message)) == 200
    [told] = [event for event in village.told if isinstance(event, Told)]
    assert told.device_id == DEVICE
    # Where it came from last is where the device is reached now.
    assert village.platform.peers[DEVICE].address.host == "192.0.2.66"


def test_a_query_lost_on_the_way_is_asked_again() -> None:
    village = Village()
    village.world.impair(Impairments(loss=1))
    village.platform.query(DEVICE, village.world.now)
    village.world.touch(village.home)
    village.world.run(8)
    village.world.impair(CLEAN)
    village.world.run(20)
    [listed] = [event for event in village.told if isinstance(event, Listed)]
    assert listed.gathered.complete
    assert village.platform.peers[DEVICE].catalog == listed.gathered


def test_an_invite_nobody_answers_fails() -> None:
    village = Village("ignore-invite")
    world, platform = village.world, village.platform
    caller = platform.invite(DEVICE, "34020000001310000001", _offer(), world.now)
    world.touch(village.home)
    world.run(60)
    moved = [e.event for e in village.told if isinstance(e, Moved) and e.caller is caller]
    assert isinstance(moved[-1], Failed)
    assert moved[-1].stage is Stage.INVITE


def test_a_session_taken_back_early() -> None:
    village = Village()
    caller = village.platform.invite(DEVICE, "34020000001310000001", _offer(), village.world.now)
    village.world.touch(village.home)
    village.world.run(0.5)
    village.platform.hang_up(caller, village.world.now)
    village.world.touch(village.home)
    village.world.run(5)
    assert caller.state.value == "ended"


def test_a_lost_connection_means_offline() -> None:
    village = Village()
    peer = village.platform.peers[DEVICE]
    peer.address = Address("192.0.2.7", 5060, "tcp", "tcp#1")
    village.platform.link_lost(Address("192.0.2.8", 5060, "tcp", "tcp#2"), village.world.now)
    assert village.platform.online == [DEVICE]
    village.platform.link_lost(peer.address, village.world.now)
    village.world.touch(village.home)
    assert village.told[-1] == Went(DEVICE, "connection")


def _offer() -> Offer:
    return Offer(owner=PLATFORM, host="192.0.2.10", port=OFFER_PORT, ssrc="0200000001")
