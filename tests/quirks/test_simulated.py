"""Each deviation of the simulator against a whole platform in memory, with and without handling."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tongshi import sdp
from tongshi.digest import Challenge, Freshness, Nonces
from tongshi.errors import Error, PeerRefused, PeerSilent, RemoteProtocolError
from tongshi.gateway.engine import Transport
from tongshi.gb28181 import catalog, description, invite, keepalive, registration
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.description import Setup
from tongshi.gb28181.gather import Gathered, Gathering, Part, Why
from tongshi.gb28181.manscdp import codec, message
from tongshi.gb28181.manscdp import item as items_read
from tongshi.gb28181.registration import Registrar, Unregistered
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Failed, Stage
from tongshi.registry import branch
from tongshi.registry.branch import place
from tongshi.sdp import SessionDescription
from tongshi.signalling import queries, sessions, upstream
from tongshi.signalling.event import (
    CatalogAbsent,
    CatalogGathered,
    DevicePresence,
    DeviceRegistered,
    Kind,
    Presence,
    RegistrationRefused,
)
from tongshi.signalling.event import Why as Gone
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.share import Session
from tongshi.signalling.waiting import Waiting
from tongshi.sim.join import Join
from tongshi.sim.profile import Profile
from tongshi.sip import framing
from tongshi.sip.address import Address
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Request, Response
from tongshi.sip.trace import Way
from tongshi.testing.timeless import Network, run
from tongshi.testing.unplugged import CAMERA, CHANNELS, JOIN, PROFILE, Camera, Unplugged

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]


@dataclass
class Outcome:
    """What came of a camera with a quirk.

    looked: the session that was opened, or why none was.  agreed: SSRC and host of its media.
    """

    platform: Unplugged
    camera: Camera
    looked: Session | Error
    agreed: tuple[int | None, str] | None

    @property
    def gathered(self) -> Gathered[Item]:
        found = [one.gathered for one in self.platform.heard if isinstance(one, CatalogGathered)]
        assert found, "no catalog came"
        return found[0]

    @property
    def names(self) -> list[str]:
        return [item.name for item in self.gathered.items]

    @property
    def presences(self) -> list[Presence]:
        return [one.state for one in self.platform.heard if isinstance(one, DevicePresence)]

    @property
    def session(self) -> Session:
        assert isinstance(self.looked, Session), self.looked
        return self.looked

    def offers(self) -> list[bytes]:
        return [
            one.data
            for one in self.platform.wire
            if one.way is Way.OUT and one.data.startswith(b"INVITE")
        ]


def play(
    *quirks: str,
    seconds: float = 40,
    transport: Transport | None = None,
    kind: Kind = Kind.MAIN,
    join: Join = JOIN,
    profile: Profile = PROFILE,
    hand: dict[str, str] | None = None,
) -> Outcome:
    """Let a camera register, be asked and be looked at."""

    async def main() -> Outcome:
        network = Network()
        platform = Unplugged(network, hand={CAMERA: hand} if hand else None)
        await platform.start()
        camera = Camera(network, *quirks, join=join, profile=profile)
        camera.connect()
        await asyncio.sleep(seconds)
        looked: Session | Error
        try:
            looked = await platform.sessions.open(profile.device_id, CHANNELS[0], kind, transport)
        except Error as error:
            looked = error
        agreed = next(iter(platform.engine.adopted.values()), None)
        outcome = Outcome(platform, camera, looked, agreed)
        await asyncio.sleep(5)
        await platform.stop()
        return outcome

    return run(main())


# What has to come of each quirk.


def online(*quirks: str, **given: Any) -> Callable[[], None]:
    return lambda: _is_online(play(*quirks, **given))


def _is_online(outcome: Outcome) -> None:
    assert outcome.presences == [Presence.ONLINE]


def listed(*quirks: str, **given: Any) -> Callable[[], None]:
    def check() -> None:
        outcome = play(*quirks, **given)
        assert outcome.gathered.complete, outcome.gathered.why
        assert [item.device_id for item in outcome.gathered.items][-3:] == list(CHANNELS)

    return check


def named(pattern: str, *quirks: str) -> Callable[[], None]:
    def check() -> None:
        outcome = play(*quirks)
        assert outcome.gathered.complete, outcome.gathered.why
        for name in outcome.names:
            assert re.fullmatch(pattern, name), name

    return check


def looked(*quirks: str, **given: Any) -> Callable[[], None]:
    return lambda: _has_session(play(*quirks, **given))


def _has_session(outcome: Outcome) -> None:
    assert outcome.session.track is not None


def partial(why: Why, *quirks: str) -> Callable[[], None]:
    def check() -> None:
        gathered = play(*quirks).gathered
        assert (gathered.complete, gathered.why) == (False, why)
        assert gathered.items

    return check


# How the handling of each is taken away.


def every_nonce_is_fresh(patch: Patch) -> None:
    patch.setattr(Nonces, "judge", lambda self, nonce, now, binding="": Freshness.FRESH)


def one_challenge_each(patch: Patch) -> None:
    asked: set[tuple[int, str]] = set()
    whole = Registrar.handle

    def once(self: Registrar, request: Request, *rest: Any) -> Any:
        key = (id(self), request.from_user)
        if request.headers.get("Authorization") is None:
            if key in asked:
                return request.response(403), None
            asked.add(key)
        return whole(self, request, *rest)

    patch.setattr(Registrar, "handle", once)


def refuse_registers(when: Callable[[Request], bool]) -> Without:
    def without(patch: Patch) -> None:
        whole = Registrar.handle

        def strict(self: Registrar, request: Request, *rest: Any) -> Any:
            if when(request):
                return request.response(400), None
            return whole(self, request, *rest)

        patch.setattr(Registrar, "handle", strict)

    return without


def logouts_need_no_proof(patch: Patch) -> None:
    whole = Registrar.handle

    def trusting(self: Registrar, request: Request, source: Address, *rest: Any) -> Any:
        if request.headers.get("Expires") == "0":
            return request.response(200), Unregistered(request.from_user, source)
        return whole(self, request, source, *rest)

    patch.setattr(Registrar, "handle", trusting)

    def told(self: Neighbours, device_id: str, wall: float) -> None:
        self._emit(DevicePresence(device_id, Presence.OFFLINE, Gone.UNREGISTERED, wall, None))

    patch.setattr(Neighbours, "unregister", told)


def contact_is_believed(patch: Patch) -> None:
    whole = Neighbours.register

    def believe(self: Neighbours, granted: DeviceRegistered, address: Address, *rest: Any) -> None:
        host, _, port = granted.contact.rpartition("@")[2].partition(":")
        whole(self, granted, address._replace(host=host, port=int(port)), *rest)

    patch.setattr(Neighbours, "register", believe)
    # Else it would register again at each keepalive, which comes from elsewhere.
    patch.setattr(Neighbours, "_beat_elsewhere", lambda *given: 200)


def dialogs_need(header: Callable[[Response], bool]) -> Without:
    def without(patch: Patch) -> None:
        whole = Dialog.from_uac

        def strict(request: Request, response: Response) -> Dialog:
            if not header(response):
                raise RemoteProtocolError("no dialog", clause="RFC 3261 12.1.2")
            return whole(request, response)

        patch.setattr(Dialog, "from_uac", strict)

    return without


def only_100_is_provisional(patch: Patch) -> None:
    whole = Caller.answered

    def strict(self: Caller, response: Response) -> None:
        if response.status == 101:
            self._end(Failed(Stage.INVITE, 101, "unknown"))
        else:
            whole(self, response)

    patch.setattr(Caller, "answered", strict)


def answers_wait_for_the_200(patch: Patch) -> None:
    """An answer counts only when its query was taken before."""
    whole, taken = Waiting.arrived, queries.Queries._deliver
    delivered: set[int] = set()

    async def deliver(self: Any, neighbour: Any, query: Any, wait: Any) -> None:
        await taken(self, neighbour, query, wait)
        delivered.add(wait.sn)

    def arrived(self: Waiting, source: Address, answer: Any) -> bool:
        return answer.sn in delivered and whole(self, source, answer)

    patch.setattr(queries.Queries, "_deliver", deliver)
    patch.setattr(Waiting, "arrived", arrived)


def stray_bytes() -> None:
    _is_online(play("stray-bytes", join=_QUICK, seconds=60))
    framer = framing.Framer()
    request = b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n"
    found = [*framer.feed(b"\r\n\r\n\x00\x01HB\r\n"), *framer.feed(request)]
    assert found == [request]


def every_line_is_a_start_line(patch: Patch) -> None:
    patch.setattr(framing, "_locate", lambda line: 0)


def challenges_name_no_algorithm(patch: Patch) -> None:
    whole = Challenge.__str__
    patch.setattr(
        Challenge,
        "__str__",
        lambda self: re.sub(r", algorithm=[\w-]+", "", whole(self)),
    )


def expires_is_a_header(patch: Patch) -> None:
    whole = Registrar._grant

    def grant(self: Registrar, request: Request, *rest: Any) -> Any:
        if request.headers.get("Expires") is None:
            return request.response(400), None
        return whole(self, request, *rest)

    patch.setattr(Registrar, "_grant", grant)


def read_as(charset: str, errors: str = "strict") -> Without:
    def decode(body: bytes) -> str:
        try:
            return body.decode(charset, errors)
        except UnicodeDecodeError as error:
            raise RemoteProtocolError(str(error), clause="A.1") from None

    return lambda patch: patch.setattr(codec, "decode", decode)


def strict_xml(patch: Patch) -> None:
    def refuse(text: str) -> None:
        raise RemoteProtocolError("not well-formed", clause="A.1")

    patch.setattr(codec, "recover", refuse)


def values_as_sent(patch: Patch) -> None:
    raw = {wire: (at, lambda value: value) for wire, (at, _) in items_read._ITEM.exact.items()}
    patch.setattr(items_read._ITEM, "exact", raw)


def first_total_counts(patch: Patch) -> None:
    whole = Gathering.add

    def add(self: Gathering[Item], part: Part[Item], now: float) -> None:
        before = self._announced
        whole(self, part, now)
        self._announced = before if before is not None else part.sum_num

    patch.setattr(Gathering, "add", add)


def each_item_is_another(patch: Patch) -> None:
    whole = Gathering._keep
    patch.setattr(Gathering, "_keep", lambda self, key, item: whole(self, object(), item))


def every_catalog_is_whole(patch: Patch) -> None:
    patch.setattr(Gathering, "_why", lambda self: None)


def num_is_believed(patch: Patch) -> None:
    whole = items_read.read_listed

    def strict(envelope: Any) -> items_read.Listed:
        found = whole(envelope)
        if found.num != len(found.items):
            raise RemoteProtocolError("Num is wrong", clause="A.2")
        return found

    for module in (items_read, message, *_importers("read_listed")):
        patch.setattr(module, "read_listed", strict, raising=False)


def _importers(name: str) -> list[Any]:
    from_answer = __import__("tongshi.gb28181.manscdp.table", fromlist=["x"])
    from_response = __import__("tongshi.gb28181.manscdp.response", fromlist=["x"])
    return [module for module in (from_answer, from_response) if hasattr(module, name)]


def on_is_the_only_word(patch: Patch) -> None:
    state = property(lambda self: catalog.State.ON if self.status == "ON" else catalog.State.OFF)
    patch.setattr(Item, "state", state)


def parents_as_sent(patch: Patch) -> None:
    patch.setattr(Item, "parents", lambda self, known, device_id: (self.parent_id,))


def sdp_must(hold: Callable[[bytes], bool]) -> Without:
    def without(patch: Patch) -> None:
        whole = sdp.parse

        def strict(body: bytes) -> SessionDescription:
            if not hold(body):
                raise RemoteProtocolError("not a description", clause="RFC 4566 5")
            return whole(body)

        patch.setattr(description, "parse", strict)

    return without


def ports_must_be_named(patch: Patch) -> None:
    whole = invite.agree

    def strict(offer: invite.Offer, answer: invite.Answer, host: str) -> invite.Agreement:
        if not answer.port:
            raise RemoteProtocolError("no port", clause="RFC 4566 5.14")
        return whole(offer, answer, host)

    patch.setattr(upstream, "agree", strict)


def agreed_ssrc(choose: Callable[[invite.Offer, invite.Answer], int | None]) -> Without:
    def without(patch: Patch) -> None:
        whole = invite.agree

        def other(offer: invite.Offer, answer: invite.Answer, host: str) -> invite.Agreement:
            found = whole(offer, answer, host)
            return invite.Agreement(
                found.tcp,
                found.connect,
                found.host,
                found.port,
                choose(offer, answer),
                found.payloads,
            )

        patch.setattr(upstream, "agree", other)

    return without


def nothing_is_tried_again(patch: Patch) -> None:
    patch.setattr(sessions, "next_way", lambda attempt, error: None)


def lone_devices_have_no_channel(patch: Patch) -> None:
    patch.setattr(queries, "WITHOUT", 0)


def ssrc_of_the_offer() -> None:
    outcome = play("no-y-no-f")
    assert outcome.agreed is not None
    assert outcome.agreed[0] == int(outcome.session.ssrc)


def ssrc_of_the_answer() -> None:
    outcome = play("other-y")
    assert outcome.agreed is not None
    assert outcome.agreed[0] not in (None, int(outcome.session.ssrc))


def spaces_around_y() -> None:
    outcome = play("padded-y")
    assert outcome.agreed is not None
    assert outcome.agreed[0] == int(outcome.session.ssrc)


def states_of_each_word() -> None:
    outcome = play("status-forms")
    assert {item.state for item in outcome.gathered.items} == {catalog.State.ON}


def tree_of(quirk: str) -> Callable[[], None]:
    def check() -> None:
        found = play(quirk).gathered.items
        entries = {item.device_id: item for item in found}
        places = place(CAMERA, entries)
        for channel in CHANNELS:
            assert places[channel].parent_id == CAMERA
            assert places[channel].camera

    return check


def the_device_is_no_channel() -> None:
    recorder = replace(PROFILE, device_id="34020000001180000001")
    found = play("self-in-catalog", profile=recorder).gathered.items
    places = place(recorder.device_id, {item.device_id: item for item in found})
    assert not places[recorder.device_id].camera
    assert all(places[channel].camera for channel in CHANNELS)


def everything_is_a_camera(patch: Patch) -> None:
    patch.setattr(branch, "_has_picture", lambda *given, **named_too: True)


def division_of(quirk: str) -> Callable[[], None]:
    def check() -> None:
        divisions = [item.division for item in play(quirk).gathered.items]
        assert divisions == [None] * len(divisions)

    return check


def civil_codes_as_sent(patch: Patch) -> None:
    patch.setattr(Item, "division", property(lambda self: self.civil_code))


def positions_of_odd_places() -> None:
    assert {item.position for item in play("odd-places").gathered.items} == {None}


def places_as_sent(patch: Patch) -> None:
    patch.setattr(Item, "position", property(lambda self: self.longitude))


def refused_with(status: int, *quirks: str) -> Callable[[], None]:
    def check() -> None:
        error = play(*quirks).looked
        assert isinstance(error, PeerRefused)
        assert error.status == status

    return check


def silence_is_told() -> None:
    error = play("ignore-invite").looked
    assert isinstance(error, PeerSilent)
    assert error.stage == "invite"


def all_silence_is_one(patch: Patch) -> None:
    def fail(self: Any, *given: Any, **named_too: Any) -> None:
        raise PeerRefused("no", status=500, stage="invite")

    patch.setattr(upstream.Attempt, "run", fail)


def every_refusal_is_silence(patch: Patch) -> None:
    def fail(self: Any, *given: Any, **named_too: Any) -> None:
        raise PeerSilent("no", timer="B", stage="invite")

    patch.setattr(upstream.Attempt, "run", fail)


def wrong_passwords_are_told() -> None:
    outcome = play("wrong-password")
    assert outcome.presences == []
    told = [one.why for one in outcome.platform.heard if isinstance(one, RegistrationRefused)]
    assert told == ["wrong credentials"]


def every_proof_holds(patch: Patch) -> None:
    patch.setattr(registration, "verify", lambda *given, **named_too: True)


def dead_ones_go_offline() -> None:
    outcome = play("die-silently=30", seconds=400)
    assert outcome.presences == [Presence.ONLINE, Presence.OFFLINE]


def nobody_is_overdue(patch: Patch) -> None:
    patch.setattr(keepalive.Watch, "overdue", lambda self, now: [])


def a_device_without_a_catalog_is_told() -> None:
    outcome = play("no-catalog", seconds=900)
    assert [one.device_id for one in outcome.platform.heard if isinstance(one, CatalogAbsent)] == [
        CAMERA
    ]


def substream(line: bytes, quirk: str, style: str) -> Callable[[], None]:
    def check() -> None:
        outcome = play(quirk, kind=Kind.SUB, hand={"stream_style": style})
        assert line in outcome.offers()[0]

    return check


def styles_do_not_count(patch: Patch) -> None:
    patch.setattr("tongshi.signalling.offer._style", lambda *given: description.StreamStyle.NONE)


def setup_is_the_complement() -> None:
    outcome = play("no-setup", transport=Transport.TCP_PASSIVE)
    _has_session(outcome)
    offer = replace(_OFFER, tcp=True, setup=Setup.PASSIVE)
    answer = invite.Answer(owner="a", host="h", port=1, tcp=True)
    assert not invite.agree(offer, answer, "h").connect


def setup_must_be_said(patch: Patch) -> None:
    patch.setattr(Setup, "other", property(lambda self: self))


def known_at_its_own_address() -> None:
    answer = invite.Answer(owner="a", host="192.168.1.64", port=1)
    assert invite.agree(_OFFER, answer, "11.0.0.9").host == "11.0.0.9"
    assert play("private-c").session.track is not None


def addresses_as_sent(patch: Patch) -> None:
    patch.setattr(invite, "reachable", lambda host, source: host)


def zero_addresses() -> None:
    answer = invite.Answer(owner="a", host="0.0.0.0", port=1)
    assert invite.agree(_OFFER, answer, "11.0.0.9").host == "11.0.0.9"
    assert play("zero-c").session.track is not None


def a_group_under_way_is_cut_short() -> None:
    async def main() -> bool:
        network = Network()
        platform = Unplugged(network)
        await platform.start()
        Camera(network, "mid-group").connect()
        await asyncio.sleep(40)
        platform.engine.answers = lambda stream: None  # no picture comes
        opening = asyncio.create_task(platform.sessions.open(CAMERA, CHANNELS[0]))
        await asyncio.sleep(2)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        asked = [one for one in platform.wire if one.way is Way.OUT and b"ameCmd>" in one.data]
        await platform.stop()
        return len(asked) == 1

    assert run(main())


def pictures_are_waited_for(patch: Patch) -> None:
    patch.setattr(upstream, "SOON", 1000.0)


_OFFER = invite.Offer(owner="a", host="h", port=1)
_RESTLESS = Join(JOIN.platform_id, JOIN.password, expires=100)
_QUICK = Join(JOIN.platform_id, JOIN.password, keepalive=10)

CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "early-authorization": (online("early-authorization"), every_nonce_is_fresh),
    "bare-registers": (online("bare-registers"), one_challenge_each),
    "own-address-in-from": (
        online("own-address-in-from"),
        refuse_registers(lambda request: "@3402000000>" not in (request.headers.get("From") or "")),
    ),
    "logout-first": (online("logout-first"), logouts_need_no_proof),
    "route-on-refresh": (
        online("route-on-refresh", seconds=300, join=_RESTLESS),
        refuse_registers(lambda request: request.headers.get("Route") is not None),
    ),
    "private-contact": (listed("private-contact"), contact_is_believed),
    "no-contact": (
        looked("no-contact"),
        dialogs_need(lambda response: response.headers.get("Contact") is not None),
    ),
    "no-to-tag": (looked("no-to-tag"), dialogs_need(lambda response: bool(response.to_tag))),
    "provisional-101": (looked("provisional-101"), only_100_is_provisional),
    "response-first": (listed("response-first"), answers_wait_for_the_200),
    "stray-bytes": (stray_bytes, every_line_is_a_start_line),
    "needs-algorithm": (online("needs-algorithm"), challenges_name_no_algorithm),
    "frozen-cseq": (
        online("frozen-cseq", seconds=300, join=_RESTLESS),
        refuse_registers(
            lambda request: (
                request.headers.get("Authorization") is not None
                and request.headers.get("CSeq") == "1 REGISTER"
            )
        ),
    ),
    "expires-in-contact": (online("expires-in-contact"), expires_is_a_header),
    "gb2312-utf8": (named("西门.", "gb2312-utf8"), read_as("gb18030", "replace")),
    "utf8-declared": (named("西门.", "utf8-declared"), read_as("utf-8")),
    "unescaped-ampersand": (named("西门.A&B", "unescaped-ampersand"), strict_xml),
    "unescaped-less": (named("西门.<3", "unescaped-less"), strict_xml),
    "broken-hanzi": (named(".*", "broken-hanzi"), read_as("gb18030")),
    "control-characters": (named("西门.", "control-characters"), strict_xml),
    "double-item-end": (named("西门.", "double-item-end"), strict_xml),
    "text-after-root": (named("西门.", "text-after-root"), strict_xml),
    "padded-values": (named("西门.", "padded-values"), values_as_sent),
    "sumnum-big": (partial(Why.MISSING, "sumnum-big"), every_catalog_is_whole),
    "sumnum-small": (partial(Why.SURPLUS, "sumnum-small"), every_catalog_is_whole),
    "sumnum-changing": (
        listed("sumnum-changing", join=Join(JOIN.platform_id, JOIN.password, items=1)),
        first_total_counts,
    ),
    "duplicate-parts": (listed("duplicate-parts"), each_item_is_another),
    "num-wrong": (listed("num-wrong"), num_is_believed),
    "status-forms": (states_of_each_word, on_is_the_only_word),
    "self-in-catalog": (the_device_is_no_channel, everything_is_a_camera),
    "parental-65535": (tree_of("parental-65535"), parents_as_sent),
    "parent-forms": (tree_of("parent-forms"), parents_as_sent),
    "civil-forms": (division_of("civil-forms"), civil_codes_as_sent),
    "odd-places": (positions_of_odd_places, places_as_sent),
    "port-zero": (looked("port-zero"), ports_must_be_named),
    "no-y-no-f": (ssrc_of_the_offer, agreed_ssrc(lambda offer, answer: answer.ssrc_number)),
    "other-y": (ssrc_of_the_answer, agreed_ssrc(lambda offer, answer: offer.ssrc_number)),
    "padded-y": (
        spaces_around_y,
        sdp_must(lambda body: re.search(rb"y=\d{10}\r", body) is not None),
    ),
    "no-setup": (setup_is_the_complement, setup_must_be_said),
    "no-final-crlf": (looked("no-final-crlf"), sdp_must(lambda body: body.endswith(b"\r\n"))),
    "crcrlf": (looked("crcrlf"), sdp_must(lambda body: b"\r\r\n" not in body)),
    "private-c": (known_at_its_own_address, addresses_as_sent),
    "zero-c": (zero_addresses, addresses_as_sent),
    "udp-for-tcp": (looked("udp-for-tcp", transport=Transport.TCP_PASSIVE), nothing_is_tried_again),
    "one-payload": (looked("one-payload"), nothing_is_tried_again),
    "substream-stream": (
        substream(b"a=stream:1\r\n", "substream-stream", "stream"),
        styles_do_not_count,
    ),
    "substream-streamprofile": (
        substream(b"a=streamprofile:1\r\n", "substream-streamprofile", "streamprofile"),
        styles_do_not_count,
    ),
    "substream-streammode": (
        substream(b"a=streamMode:SUB\r\n", "substream-streammode", "streamMode"),
        styles_do_not_count,
    ),
    "mid-group": (a_group_under_way_is_cut_short, pictures_are_waited_for),
    "refuse-invite": (refused_with(486, "refuse-invite"), every_refusal_is_silence),
    "ignore-invite": (silence_is_told, all_silence_is_one),
    "wrong-password": (wrong_passwords_are_told, every_proof_holds),
    "die-silently": (dead_ones_go_offline, nobody_is_overdue),
    "catalog-cut": (partial(Why.MISSING, "catalog-cut"), every_catalog_is_whole),
    "no-catalog": (a_device_without_a_catalog_is_told, lone_devices_have_no_channel),
}


@pytest.mark.parametrize("quirk", CASES)
def test_a_deviation_of_the_simulator_is_handled(quirk: str, prove: Prove) -> None:
    prove(*CASES[quirk])
