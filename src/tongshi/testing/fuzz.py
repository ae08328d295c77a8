"""Every parser that peers can reach, as one table of targets for fuzzing.

A target takes bytes and keeps the promise of the parsers: it returns, or it raises
RemoteProtocolError.  Anything else is a defect.  Targets with state check their bounds as well.

    python -m tongshi.testing.fuzz sip.message -runs=1000000 [folder of seeds]

needs ``atheris``; the tests call the same targets with Hypothesis.
"""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence

from tongshi import digest, sdp
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.date import read_date
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.media_format import MediaFormat
from tongshi.gb28181.registration import Registrar, Terms
from tongshi.gb28181.subject import Subject
from tongshi.gb28181.version import Version
from tongshi.media import aac, nal, ps, rtcp, rtp, sps, tcpframe
from tongshi.media.stream import Pipeline
from tongshi.media.unit import Codec
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import RequestArrived
from tongshi.sip.framing import Framer
from tongshi.sip.message import Message, Request, parse
from tongshi.sip.uri import NameAddr, Uri
from tongshi.sip.via import Via

Target = Callable[[bytes], None]

_SOURCE = Address("192.0.2.7", 5060)
_HEADROOM = 1 << 20
"""Bytes that a parser of a stream may hold back, whatever it was fed."""
_SUPPORTED = [Codec.H264, Codec.H265]


def pieces(data: bytes) -> Iterator[bytes]:
    """Cut *data* into chunks, each as long as the byte before it says."""
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        yield data[at + 1 : end]
        at = end


def _message(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        _touch(parse(data))


def _touch(message: Message) -> None:
    """Read everything that is parsed on demand."""
    for read in (
        lambda: message.call_id,
        lambda: message.cseq,
        lambda: message.from_,
        lambda: message.to,
        lambda: message.via,
        lambda: message.contact,
        lambda: message.expires,
        lambda: (message.from_user, message.to_user, message.content_type),
        lambda: parse(message.encode()),
    ):
        with contextlib.suppress(RemoteProtocolError):
            read()


def _framing(data: bytes) -> None:
    framer = Framer()
    for piece in pieces(data):
        framer.feed(piece)
        assert framer.pending <= _HEADROOM


def _endpoint(data: bytes) -> None:
    endpoint = Endpoint(new_token=lambda: "t")
    registrar = Registrar(
        Terms("3402000000"),
        digest.Nonces(b"k" * 32),
        password_of=lambda _: "secret",
        is_registered=lambda _: False,
    )
    for index, piece in enumerate([data, *pieces(data)]):
        endpoint.receive(piece, _SOURCE, float(index))
        for event in endpoint.events():
            if isinstance(event, RequestArrived):
                _answer(endpoint, registrar, event, float(index))
        endpoint.outgoing()
    endpoint.expire(1e6)
    assert endpoint.servers == 0


def _answer(endpoint: Endpoint, registrar: Registrar, arrived: RequestArrived, now: float) -> None:
    if arrived.request.method == "REGISTER":
        response, _ = registrar.handle(arrived.request, arrived.source, now, 1.7e9)
        endpoint.reply_once(arrived, response)
    else:
        endpoint.reply(arrived, arrived.request.response(200), now)


def _text(read: Callable[[str], object]) -> Target:
    def run(data: bytes) -> None:
        with contextlib.suppress(RemoteProtocolError):
            read(data.decode("utf-8", "replace"))

    return run


def _bytes(read: Callable[[bytes], object]) -> Target:
    def run(data: bytes) -> None:
        with contextlib.suppress(RemoteProtocolError):
            read(data)

    return run


def _manscdp(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        message = manscdp.read(data)
        for version in (Version.V2016, Version.V2022):
            manscdp.read(manscdp.write(message, version))


def _request_body(data: bytes) -> None:
    """An INVITE whose body is *data*: what a device or a superior could ask."""
    invite = Request("INVITE", "sip:34020000001320000001@3402000000")
    invite.headers.add(
        "Subject", data.decode("latin-1", "replace").replace("\r", "").replace("\n", "")
    )
    with contextlib.suppress(RemoteProtocolError):
        Subject.parse(invite.headers.get("Subject"))
    for kind in (Offer, Answer):
        with contextlib.suppress(RemoteProtocolError):
            kind.parse(data).build()


def _tcpframe(data: bytes) -> None:
    framer = tcpframe.Framer()
    for piece in pieces(data):
        framer.feed(piece)


def _program_stream(data: bytes) -> None:
    demuxer = ps.Demuxer()
    for index, piece in enumerate([data, *pieces(data)]):
        demuxer.feed(piece, index * 3600 & 0xFFFFFFFF, lost=index % 7 == 3)
    demuxer.flush()


def _pipeline(data: bytes) -> None:
    for ordered in (False, True):
        pipeline = Pipeline(ordered=ordered)
        for index, piece in enumerate(pieces(data)):
            if ordered:
                pipeline.receive_bytes(piece, index / 25)
            else:
                pipeline.receive([piece], index / 25)
        pipeline.figures(1e3)


def _units(data: bytes) -> None:
    spans = nal.split(data)
    nal.guess(data, spans)
    for codec in _SUPPORTED:
        nal.find_key(codec, data, spans)
        nal.parameter_sets(codec, data, spans)
    sps.parse_h264(data)
    sps.parse_h265(data)
    aac.split(data)


def _rtcp(data: bytes) -> None:
    if len(data) > 1:  # what receivers check before they ask
        rtcp.is_rtcp(data)
    rtcp.read_sender_report(data, 0.0)


TARGETS: dict[str, Target] = {
    "sip.message": _message,
    "sip.framing": _framing,
    "sip.endpoint": _endpoint,
    "sip.uri": _text(Uri.parse),
    "sip.name-addr": _text(NameAddr.parse),
    "sip.via": _text(Via.parse),
    "digest.challenge": _text(digest.Challenge.parse),
    "digest.credentials": _text(digest.Credentials.parse),
    "sdp": _bytes(sdp.parse),
    "gb28181.manscdp": _manscdp,
    "gb28181.invite": _request_body,
    "gb28181.media-format": _text(MediaFormat.parse),
    "gb28181.date": _text(read_date),
    "media.rtp": _bytes(rtp.Packet.parse),
    "media.rtcp": _rtcp,
    "media.tcpframe": _tcpframe,
    "media.ps": _program_stream,
    "media.units": _units,
    "media.pipeline": _pipeline,
}
"""Name -> target.  Names are those of the packages under test."""


def main(arguments: Sequence[str]) -> None:
    """Fuzz the target named first with the options of libFuzzer that follow."""
    if not arguments or arguments[0] not in TARGETS:
        sys.exit("targets: " + " ".join(TARGETS))
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(["tongshi-fuzz", *arguments[1:]], TARGETS[arguments[0]])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
