from collections.abc import Callable

from tongshi.clock import Clock, ManualClock
from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.query import CatalogQuery
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.version import Version
from tongshi.sim.answering import Answers, Queried
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request, Response

DEVICE = "34020000001320000001"
Settle = Callable[[Response | None, float], None]


class Owner:
    """A device that only notes what its answers want."""

    def __init__(self, *, reliable: bool = False) -> None:
        channels = tuple(Channel(f"340200000013100000{n:02}", f"通道{n}") for n in range(6))
        self.profile = Profile(DEVICE, "机", channels)
        self.join = Join("34020000002000000001", items=2)
        self.quirks: Quirks = NONE
        self.version = Version.V2016
        self.clock: Clock = ManualClock()
        self.reliable = reliable
        self.sent: list[tuple[Message, Settle]] = []
        self.replies: list[int] = []
        self.told: list[Queried] = []

    def send(self, content: Message, now: float, settle: Settle) -> None:
        self.sent.append((content, settle))

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> None:
        self.replies.append(response.status)

    def tell(self, event: Queried) -> None:
        self.told.append(event)


def arrive(owner: Owner, message: Message) -> None:
    headers = [("From", "<sip:p@x>;tag=1"), ("To", "<sip:d@x>"), ("Call-ID", "c")]
    headers += [("CSeq", "1 MESSAGE"), ("Via", "SIP/2.0/UDP x;branch=z9hG4bK1")]
    request = Request("MESSAGE", "sip:d@x", headers, manscdp.write(message))
    endpoint = Endpoint(new_token=lambda: "token")
    endpoint.receive(request.encode(), Address("192.0.2.10", 5060), 0.0)
    [arrived] = endpoint.events()
    assert isinstance(arrived, RequestArrived)
    Answers(owner).arrived(arrived, 0.0)


def test_a_part_waits_for_the_answer_to_the_last() -> None:
    owner = Owner()
    arrive(owner, CatalogQuery(1, DEVICE))
    for count in (1, 2, 3):
        assert len(owner.sent) == count
        owner.sent[-1][1](Response(200), 0.0)
    assert len(owner.sent) == 3
    parts = [part for part, _ in owner.sent if isinstance(part, CatalogAnswer)]
    assert [len(part.items) for part in parts] == [2, 2, 2]


def test_a_part_without_answer_is_sent_once_more() -> None:
    owner = Owner(reliable=True)
    arrive(owner, CatalogQuery(1, DEVICE))
    owner.sent[-1][1](None, 0.0)
    assert owner.sent[1][0] == owner.sent[0][0]
    owner.sent[-1][1](None, 0.0)
    assert len(owner.sent) == 2


def test_what_asks_nothing_gets_its_200_only() -> None:
    owner = Owner()
    arrive(owner, Keepalive(1, DEVICE))
    assert owner.replies == [200]
    assert owner.sent == []
    assert owner.told == []
