from tongshi.gb28181.manscdp import CatalogAnswer, CatalogQuery
from tongshi.sim.desk import CHANNEL, DEVICE, HOME, PLATFORM, Desk
from tongshi.sim.host import ignore
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sip.message import Request, Response


def test_without_a_platform_nothing_is_sent() -> None:
    at = Desk()
    asked = Request("MESSAGE", "sip:x@y", [])
    assert at.device.ask(asked, 0.0, ignore) is None
    at.device.acknowledge(1, asked, 0.0)
    assert at.device.outgoing() == []
    assert not at.device.reliable
    assert at.device.number() == 1
    at.device.settle(99, Response(180), 0.0)
    at.device.settle(99, None, 0.0)


def test_every_third_message_of_a_list_is_cut() -> None:
    channels = tuple(Channel(f"{CHANNEL[:-1]}{number}", "n") for number in range(6))
    join = Join(PLATFORM, items=1)
    at = Desk("xml-cut", profile=Profile(DEVICE, "机", channels), join=join).enter()
    assert len(at.of(CatalogAnswer, at.ask(CatalogQuery(1, DEVICE)))) == 4


def test_too_much_at_once_is_not_sent() -> None:
    at = Desk()
    at.device.presence.target = HOME
    request = Request(
        "MESSAGE",
        "sip:x@y",
        [("From", "<sip:a@b>;tag=1"), ("To", "<sip:x@y>"), ("Call-ID", "c"), ("CSeq", "1 MESSAGE")],
    )
    handles = [at.device.ask(request, 0.0, ignore) for _ in range(70_000)]
    assert handles[0] is not None
    assert handles[-1] is None
