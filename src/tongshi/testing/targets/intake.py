"""What is handed in: uploads, traces, forms, rules, profiles, records; who asks to be spoken to.

Devices hand in pictures, records and INVITEs; people hand in the rest, signed in or with a key.
"""

import contextlib
import itertools
import json
from collections.abc import Callable

from tongshi.api import downloads, upgrades
from tongshi.errors import Invalid, RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.broadcast import Expected, Hearing
from tongshi.gb28181.manscdp.schema import build, to_plain
from tongshi.gb28181.preset import PRESETS, Evidence, choose, read_value, write_value
from tongshi.gb28181.profile import FIELDS
from tongshi.gb28181.records import Span, gaps, merge, timeline
from tongshi.gb28181.speaker import NotHeard, Speaker, Stage, State
from tongshi.gb28181.steps import Ended
from tongshi.gb28181.version import Version
from tongshi.registry.peers.rule import Effect, Rule, RuleBook, check
from tongshi.shelf.jpeg import LARGEST, measure
from tongshi.shelf.parcel import unpack
from tongshi.sip.message import Request, parse
from tongshi.sip.trace import ladder, mask, read, write
from tongshi.testing.targets.feed import Target, hold, of_bytes, parts, pieces

_SECRET = b"s3cret-of-a-camera"
_CAMERA, _SERVER, _HOST = "34020000001320000001", "34020000002000000001", "192.0.2.7"


def _jpeg(data: bytes) -> None:
    size = measure(data)
    assert 0 < size.width <= LARGEST
    assert 0 < size.height <= LARGEST


def _parcel(data: bytes) -> None:
    kind, _, body = data.partition(b"\n")
    parcel = unpack(kind.decode("latin-1"), body)
    assert len(parcel.data) <= len(body)
    assert len(parcel.name) <= 200
    assert parcel.name.isprintable()


def _range(data: bytes) -> None:
    header, size = data.decode("latin-1"), 100
    with contextlib.suppress(Invalid):
        begin, end = downloads.read_range(header, size)
        assert 0 <= begin < end <= size
    first, last = upgrades.read_range(header, size)
    assert 0 <= first <= size
    assert first - 1 <= last < size


def _trace(data: bytes) -> None:
    """A file of a trace, whoever wrote it; and a message with a password on its way into one."""
    kept = mask(b"<Password>" + _SECRET + b"</Password>" + data)
    assert _SECRET not in kept
    assert len(mask(data)) == len(data)
    with contextlib.suppress(Invalid):
        records = read(data.decode("utf-8", "replace").split("\n"))
        assert read(map(write, records)) == records
        assert len(ladder(records).rows) == len(records)


def _profile(data: bytes) -> None:
    """A field set by hand, by name and as text; and what a device shows of itself."""
    words = [piece.decode("utf-8", "replace") for piece in pieces(data)]
    hand: dict[str, str] = {}
    for name, text in itertools.pairwise(words):
        with contextlib.suppress(Invalid):
            value = read_value(name, text)
            assert read_value(name, write_value(value)) == value
            hand[name] = text
    agent, maker, catalog = (*words, "", "", "")[:3]
    chosen = choose(Evidence(agent, maker, catalog, Version.V2016), hand)
    assert chosen.preset in PRESETS
    assert set(chosen.by_hand) <= set(FIELDS)


def _rule(data: bytes) -> None:
    words = [piece.decode("utf-8", "replace") for piece in pieces(data)]
    pattern, network, target, device_id, host = (*words, "", "", "", "", "")[:5]
    for effect in Effect:
        with contextlib.suppress(Invalid):
            rule = check(Rule(effect, pattern, network, target, 3600, ""))
            assert check(rule) == rule
            book = RuleBook((rule,))
            book.denies(device_id, host)
            book.misplaces(device_id, host)
            assert book.redirection(device_id, host) in (rule, None)
            assert "\r" not in rule.target + rule.pattern


def _form(data: bytes) -> None:
    """JSON for every block of settings: what is taken can be sent, and is read as the same."""
    with contextlib.suppress(ValueError, RecursionError):
        given = json.loads(data)
        if not isinstance(given, dict):
            return
        for kind in manscdp.BLOCKS:
            make: Callable[..., manscdp.Block] = kind
            with contextlib.suppress(Invalid):
                block = build(make, given, Version.V2022)
                told = manscdp.write(manscdp.DeviceConfig(1, _CAMERA, (block,)), Version.V2022)
                again = manscdp.read(told)
                assert isinstance(again, manscdp.DeviceConfig)
                assert [type(one) for one in again.blocks] == [kind]
                assert to_plain(again.blocks[0]).keys() <= to_plain(block).keys()
                assert again.others == ()


def _records(data: bytes) -> None:
    message = manscdp.read(data)
    if not isinstance(message, manscdp.RecordInfoAnswer):
        return
    within = Span(1.7e9, 1.7e9 + 86_400)
    spans = timeline(merge([message.items, message.items]), within)
    holes = gaps(spans, within)
    whole = sorted((*spans, *holes), key=lambda span: span.since)
    assert all(within.since <= span.since < span.until <= within.until for span in whole)
    assert sum(span.length for span in whole) <= within.length + 1e-3


def _speaker(data: bytes) -> None:
    """A device that was told of a broadcast, and whatever it makes of it."""
    speaker = Speaker(Expected(_CAMERA, _CAMERA, _SERVER, _HOST))
    speaker.start()
    ends = 0
    for index, part in enumerate(parts(data)):
        now = float(index)
        with contextlib.suppress(RemoteProtocolError):
            message = parse(part)
            if isinstance(message, Request):
                _tell(speaker, message)
            else:
                speaker.noted(message.status, now, why=message.reason)
                speaker.answered(message.status < 300, now)
        speaker.expire(now)
        for step in speaker.steps():
            request = getattr(step, "request", None)
            if isinstance(request, Request):
                parse(request.encode())
        events = speaker.events()
        ends += sum(isinstance(event, NotHeard | Ended) for event in events)
    assert ends <= 1
    hold(speaker, 200_000 + 4 * len(data))


def _tell(speaker: Speaker, request: Request) -> None:
    if request.method == "INVITE" and speaker.waiting:
        wanted = speaker.invited(request, _HOST, contact=f"sip:{_SERVER}@192.0.2.10", tag="own")
        if isinstance(wanted, Hearing) or wanted is None:
            answer = speaker.accept if wanted is not None else speaker.propose
            given = answer(owner=_SERVER, host="192.0.2.10", port=30000, ssrc="0200000001")
            parse(given.encode())
        if speaker.state is State.ANSWERING:
            speaker.refuse(480, "gave up", Stage.CALLBACK)
    elif request.method == "CANCEL" and speaker.call_id == request.call_id:
        speaker.cancelled()
    elif not speaker.accepts(request):
        return
    elif request.method == "ACK":
        speaker.acknowledged(request)
    else:
        parse(speaker.arrived(request).encode())


TARGETS: dict[str, Target] = {
    "shelf.jpeg": of_bytes(_jpeg),
    "shelf.parcel": of_bytes(_parcel),
    "api.range": _range,
    "sip.trace": _trace,
    "gb28181.profile": _profile,
    "registry.rule": _rule,
    "gb28181.form": _form,
    "gb28181.records": of_bytes(_records),
    "gb28181.speaker": _speaker,
}
"""Name -> target."""
