"""Each deviation in presence, identity, documents and faults, with and without its handling."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar
from xml.etree.ElementTree import Element as Tree

import pytest

from tongshi.errors import Error, PeerRefused, PeerSilent, RemoteProtocolError
from tongshi.gateway.engine import EngineEvent
from tongshi.gateway.vigil import Patience, Vigil
from tongshi.gb28181 import identifier
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.date import read_date
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import codec, message
from tongshi.gb28181.manscdp import item as items_read
from tongshi.net.carrier import Carrier
from tongshi.signalling import sessions
from tongshi.signalling.event import (
    AlarmRaised,
    CatalogGathered,
    DevicePresence,
    DeviceRegistered,
    Presence,
    QueryFailed,
    SessionKey,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.reception import Reception
from tongshi.signalling.sessions import Sessions
from tongshi.sim.event import Queried
from tongshi.sim.join import Join
from tongshi.sip.address import Address
from tongshi.testing.timeless import Network, run
from tongshi.testing.unplugged import (
    CAMERA,
    CHANNELS,
    HOST,
    JOIN,
    PORT,
    PROFILE,
    Camera,
    Unplugged,
    visit,
)

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]
E = TypeVar("E")
Work = Callable[[Unplugged, Camera], Coroutine[Any, Any, None]]

ONE_BY_ONE = Join(JOIN.platform_id, JOIN.password, items=1)


def doing(work: Work, *quirks: str, **given: Any) -> Callable[[], None]:
    return lambda: visit(work, *quirks, **given)


def told(platform: Unplugged, kind: type[E]) -> list[E]:
    return [event for event in platform.heard if isinstance(event, kind)]


def presences(platform: Unplugged) -> list[Presence]:
    return [one.state for one in told(platform, DevicePresence)]


def catalog(platform: Unplugged) -> Gathered[Item]:
    found = told(platform, CatalogGathered)
    assert len(found) == 1, f"{len(found)} catalogs came"
    return found[0].gathered


async def open_or_error(platform: Unplugged, channel_id: str, device_id: str = CAMERA) -> Any:
    try:
        return await platform.sessions.open(device_id, channel_id)
    except Error as error:
        return error


async def error_of(asking: Awaitable[object]) -> Error:
    """Return what *asking* raises."""
    try:
        result = await asking
    except Error as error:
        return error
    raise AssertionError(f"it came to {result}")


# Presence.


class Line:
    """A TCP connection in memory from a camera to a platform."""

    def __init__(self, platform: Unplugged, camera: Camera, number: int) -> None:
        self.name = f"tcp#{number}"
        self._ends: tuple[tuple[Carrier[Any], Address], tuple[Carrier[Any], Address]] = (
            (platform._carrier, Address(camera.address.host, 40_000 + number, "tcp", self.name)),
            (camera.carrier, Address(HOST, PORT, "tcp", self.name)),
        )
        for at in (0, 1):
            self._ends[at][0].attach(self.name, End(*self._ends[1 - at]))

    @property
    def platform(self) -> Address:
        return self._ends[1][1]

    def cut(self) -> None:
        for carrier, peer in self._ends:
            carrier.lose(peer, "cut")


class End:
    """One end of a line: what is sent there arrives at *carrier* from *sender*."""

    def __init__(self, carrier: Carrier[Any], sender: Address) -> None:
        self._carrier, self._sender = carrier, sender

    def send(self, data: bytes, address: Address) -> None:
        asyncio.get_running_loop().call_soon(self._deliver, data)

    def _deliver(self, data: bytes) -> None:
        self._carrier.take(data, self._sender)
        self._carrier.pump()


def keepalives_suffice_on_a_new_connection() -> None:
    async def main() -> None:
        network = Network()
        platform = Unplugged(network)
        await platform.start()
        camera = Camera(network, "keepalive-only")
        for number in (1, 2):
            line = Line(platform, camera, number)
            camera.device.connect(line.platform, camera.clock.now())
            camera.carrier.pump()
            await asyncio.sleep(70)
            if number == 1:
                line.cut()
        assert presences(platform) == [Presence.ONLINE, Presence.OFFLINE, Presence.ONLINE]
        assert len(told(platform, DeviceRegistered)) == 1
        await platform.stop()

    run(main())


def connections_are_proved(patch: Patch) -> None:
    patch.setattr(Neighbours, "_beat_elsewhere", lambda *given: 403)


async def an_early_keepalive_is_no_registration(platform: Unplugged, camera: Camera) -> None:
    assert platform.reception.counters["keepalive 404"] == 1
    assert presences(platform) == [Presence.ONLINE]


def every_keepalive_is_welcome(patch: Patch) -> None:
    beat = Neighbours.beat

    def welcome(self: Neighbours, *given: Any) -> int:
        beat(self, *given)
        return 200

    patch.setattr(Neighbours, "beat", welcome)


async def a_refresh_is_no_news(platform: Unplugged, camera: Camera) -> None:
    assert len(told(platform, DeviceRegistered)) > 10
    assert presences(platform) == [Presence.ONLINE]
    assert [one for one in camera.told if isinstance(one, Queried)] == [
        Queried("DeviceInfo"),
        Queried("Catalog"),
    ]


def every_refresh_is_news(patch: Patch) -> None:
    turn = Neighbours._turn

    def anew(self: Neighbours, neighbour: Any, *rest: Any) -> None:
        neighbour.state = Presence.UNKNOWN
        turn(self, neighbour, *rest)

    patch.setattr(Neighbours, "_turn", anew)


async def the_port_is_followed(platform: Unplugged, camera: Camera) -> None:
    camera.hop(40_000)
    await asyncio.sleep(70)
    session = await platform.sessions.open(CAMERA, CHANNELS[0])
    assert session.track is not None
    assert presences(platform) == [Presence.ONLINE]


def ports_are_fixed(patch: Patch) -> None:
    patch.setattr(Neighbours, "_move", lambda self, neighbour, address: None)


async def our_clock_tells_when(platform: Unplugged, camera: Camera) -> None:
    camera.device.reports.alarm(CHANNELS[0], camera.clock.now())
    camera.carrier.pump()
    await asyncio.sleep(1)
    (raised,) = told(platform, AlarmRaised)
    assert abs(raised.at - platform.clock.wall()) < 5
    assert (read_date(raised.alarm.time) or 0.0) - raised.at > 3000


def devices_tell_when(patch: Patch) -> None:
    def believed(device_id: str, alarm: Any, at: float) -> AlarmRaised:
        return AlarmRaised(device_id, alarm, read_date(alarm.time) or at)

    patch.setattr("tongshi.signalling.notices.AlarmRaised", believed)


# Identity.


def channels_belong_to_their_devices() -> None:
    other = "34020000001320000002"

    async def main() -> None:
        network = Network()
        platform = Unplugged(network)
        await platform.start()
        for at, device_id in enumerate((CAMERA, other)):
            profile = replace(PROFILE, device_id=device_id)
            camera = Camera(network, "common-ids", profile=profile, host=f"192.0.2.{20 + at}")
            camera.connect()
        await asyncio.sleep(20)
        channel = told(platform, CatalogGathered)[0].gathered.items[-1].device_id
        for device_id in (CAMERA, other):
            await platform.sessions.open(device_id, channel)
        hosts = sorted(host for _, host in platform.engine.adopted.values())
        assert hosts == ["192.0.2.20", "192.0.2.21"]
        await platform.stop()

    run(main())


def channels_have_one_device(patch: Patch) -> None:
    open_ = Sessions._upstream

    async def shared(self: Sessions, key: SessionKey, transport: Any) -> Any:
        known = [held for held in self.keys() if held.channel_id == key.channel_id]
        return await open_(self, known[0] if known else key, transport)

    patch.setattr(Sessions, "_upstream", shared)


async def any_name_is_a_channel(platform: Unplugged, camera: Camera) -> None:
    assert [item.device_id for item in catalog(platform).items] == ["ch1", "ch2", "ch3"]
    session = await platform.sessions.open(CAMERA, "ch2")
    assert session.track is not None


def names_have_twenty_digits(patch: Patch) -> None:
    patch.setattr(items_read, "is_usable", identifier.is_code)


# Documents.


async def the_catalog_is_whole(platform: Unplugged, camera: Camera) -> None:
    assert [item.device_id for item in catalog(platform).items] == list(CHANNELS)
    assert catalog(platform).complete


def documents_begin_at_once(patch: Patch) -> None:
    parse = codec.parse

    def strict(body: bytes) -> Tree:
        if not body.startswith(b"<"):
            raise RemoteProtocolError("no document", clause="A.1")
        return parse(body)

    patch.setattr(message, "parse", strict)


def attributes_do_not_count(patch: Patch) -> None:
    parse = codec.parse

    def bare(body: bytes) -> Tree:
        tree = parse(body)
        tree.attrib.clear()
        return tree

    patch.setattr(message, "parse", bare)


async def nothing_is_no_value(platform: Unplugged, camera: Camera) -> None:
    await the_catalog_is_whole(platform, camera)
    assert {(item.longitude, item.details) for item in catalog(platform).items} == {(None, None)}


def values_are_as_sent(patch: Patch) -> None:
    def number(value: str) -> float:
        try:
            return float(value)
        except ValueError:
            raise RemoteProtocolError("no number", clause="A.2.1.9") from None

    row = items_read._ITEM.exact["Longitude"]
    patch.setitem(items_read._ITEM.exact, "Longitude", (row[0], number))


async def a_cut_part_costs_itself(platform: Unplugged, camera: Camera) -> None:
    assert platform.reception.counters["message 400"] > 0
    await the_catalog_is_whole(platform, camera)  # the part came again


def what_is_cut_is_whole(patch: Patch) -> None:
    """Parts that cannot be read are answered 200, so that they do not come again."""
    answer = Reception._answer

    def consent(self: Reception, arrived: Any, response: Any, what: str) -> None:
        if response.status == 400:
            self.counters["message 400"] += 1
            response = arrived.request.response(200)
        answer(self, arrived, response, what)

    patch.setattr(Reception, "_answer", consent)


async def it_is_seen_alive_without_words(platform: Unplugged, camera: Camera) -> None:
    assert presences(platform) == [Presence.ONLINE]
    assert platform.reception.counters["message empty"] > 3
    assert [one.query for one in told(platform, QueryFailed)][:1] == ["Catalog"]
    neighbour = platform.neighbours.get(CAMERA)
    assert neighbour is not None
    assert neighbour.proof is not None
    assert neighbour.proof > platform.clock.wall() - 100


def empty_messages_say_nothing(patch: Patch) -> None:
    patch.setattr(Reception, "_note_empty", lambda self, device_id, source: None)


# Sessions and faults.


async def the_offer_is_as_it_should_be(platform: Unplugged, camera: Camera) -> None:
    session = await open_or_error(platform, CHANNELS[0])
    assert not isinstance(session, Error), session


def lines_are_in_any_order(patch: Patch) -> None:
    build = Offer.build

    def loose(self: Offer) -> bytes:
        lines = build(self).split(b"\r\n")
        told_at = [at for at, line in enumerate(lines) if line.startswith(b"y=")]
        return b"\r\n".join([lines[0], *(lines[at] for at in told_at), *lines[1:-1]])

    patch.setattr(Offer, "build", loose)


async def a_busy_device_is_asked_again(platform: Unplugged, camera: Camera) -> None:
    first = await platform.sessions.open(CAMERA, CHANNELS[0])
    asyncio.get_running_loop().call_later(0.5, first.release)
    second = await open_or_error(platform, CHANNELS[1])
    assert not isinstance(second, Error), second
    third = await open_or_error(platform, CHANNELS[2])
    assert isinstance(third, PeerRefused)
    assert (third.stage, third.status) == ("invite", 486)


def nothing_is_tried_again(patch: Patch) -> None:
    patch.setattr(sessions, "next_way", lambda attempt, error: None)


async def a_stuck_device_is_named(platform: Unplugged, camera: Camera) -> None:
    for channel_id in (*CHANNELS, CHANNELS[0], CHANNELS[1], CHANNELS[2]):
        before = len(invites(platform))
        session = await open_or_error(platform, channel_id)
        if isinstance(session, Error):
            assert isinstance(session, PeerRefused)
            assert (session.stage, session.status) == ("invite", 400)
            assert len(invites(platform)) == before + 1
            return
        session.release()
        await asyncio.sleep(1)
    raise AssertionError("it was never refused")


def invites(platform: Unplugged) -> list[bytes]:
    return [one.data for one in platform.wire if one.data.startswith(b"INVITE ")]


def every_refusal_is_tried_again(patch: Patch) -> None:
    patch.setattr(sessions, "next_way", lambda attempt, error: attempt.way)


async def silence_of_media_is_named(platform: Unplugged, camera: Camera) -> None:
    def watch(stream: str) -> EngineEvent | None:
        """Tell what the engine's watch tells of a stream in which nothing comes."""
        vigil = Vigil(stream, Patience(5, 5, 5), linked=True)
        vigil.begin(0)
        return vigil.check(6, 0)

    platform.engine.answers = watch
    error = await open_or_error(platform, CHANNELS[0])
    assert isinstance(error, PeerSilent)
    assert error.stage == "media"
    assert len(invites(platform)) == 2
    await asyncio.sleep(10)
    assert platform.engine.open_ == {}


def silence_is_not_watched(patch: Patch) -> None:
    patch.setattr(Vigil, "check", lambda self, now, packets: None)


async def silence_is_named_and_its_own(platform: Unplugged, camera: Camera) -> None:
    error = await error_of(platform.commands.presets(CAMERA, CHANNELS[0]))
    assert isinstance(error, PeerSilent)
    assert error.stage == "query"
    failed = told(platform, QueryFailed)
    assert {one.code for one in failed} == {"peer.silent"}
    assert presences(platform) == [Presence.ONLINE]
    session = await open_or_error(platform, CHANNELS[0])
    assert not isinstance(session, Error), session


def all_silence_is_refusal(patch: Patch) -> None:
    async def refuse(self: Exchange, *given: Any, stage: str, **named: Any) -> None:
        raise PeerRefused("no", status=500, stage=stage)

    patch.setattr(Exchange, "ask", refuse)


CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "keepalive-only": (keepalives_suffice_on_a_new_connection, connections_are_proved),
    "keepalive-first": (
        doing(an_early_keepalive_is_no_registration, "keepalive-first"),
        every_keepalive_is_welcome,
    ),
    "registers-again": (
        doing(a_refresh_is_no_news, "registers-again=5", seconds=100),
        every_refresh_is_news,
    ),
    "port-hops": (doing(the_port_is_followed, "port-hops"), ports_are_fixed),
    "clock-off": (doing(our_clock_tells_when, "clock-off=3600"), devices_tell_when),
    "common-ids": (channels_belong_to_their_devices, channels_have_one_device),
    "short-ids": (doing(any_name_is_a_channel, "short-ids"), names_have_twenty_digits),
    "byte-order-mark": (doing(the_catalog_is_whole, "byte-order-mark"), documents_begin_at_once),
    "attribute-envelope": (
        doing(the_catalog_is_whole, "attribute-envelope"),
        attributes_do_not_count,
    ),
    "empty-info": (
        doing(
            nothing_is_no_value,
            "empty-info",
            profile=replace(
                PROFILE, channels=tuple(replace(one, longitude=121.0) for one in PROFILE.channels)
            ),
        ),
        values_are_as_sent,
    ),
    "xml-cut": (
        doing(a_cut_part_costs_itself, "xml-cut", join=ONE_BY_ONE),
        what_is_cut_is_whole,
    ),
    "body-stripped": (
        doing(it_is_seen_alive_without_words, "body-stripped", seconds=400),
        empty_messages_say_nothing,
    ),
    "strict-sdp": (doing(the_offer_is_as_it_should_be, "strict-sdp"), lines_are_in_any_order),
    "sessions": (doing(a_busy_device_is_asked_again, "sessions=1"), nothing_is_tried_again),
    "refuse-after": (
        doing(a_stuck_device_is_named, "refuse-after=3"),
        every_refusal_is_tried_again,
    ),
    "no-media": (doing(silence_of_media_is_named, "no-media"), silence_is_not_watched),
    "deaf": (doing(silence_is_named_and_its_own, "deaf", seconds=60), all_silence_is_refusal),
}


@pytest.mark.parametrize("quirk", CASES)
def test_a_deviation_of_presence_is_handled(quirk: str, prove: Prove) -> None:
    prove(*CASES[quirk])
