"""Media: any bytes give pictures or are counted, and no stream holds more than a few pictures."""

from tongshi.media import aac, nal, ps, psfields, rtcp, rtp, sound, sps, tcpframe
from tongshi.media.fmp4 import Fragmenter, Track, init_segment
from tongshi.media.hub import Hub
from tongshi.media.nalpayload import Assembler
from tongshi.media.payload import Payloads
from tongshi.media.rtp import Frame
from tongshi.media.stream import Pipeline
from tongshi.media.timeline import Times
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.targets.feed import Target, hold, of_bytes, pieces

_SUPPORTED = (Codec.H264, Codec.H265)
_NAMES = ((96, "PS"), (98, "H264"), (100, "H265"), (8, "PCMA"))
_ROOM = 200_000
"""Bytes that a stream may hold beyond what a few kilobytes of input justify."""


class Stuck:
    """A viewer that reads nothing: what is sent to it waits."""

    def __init__(self) -> None:
        self.waits = 0

    def begin(self, track: Track, opening: bytes) -> None:
        """Let the opening wait."""
        assert track.mime.isascii()
        self.waits += len(opening)

    def send(self, message: bytes) -> None:
        """Let a fragment wait."""
        self.waits += len(message)

    def backlog(self) -> int:
        """Return how much waits."""
        return self.waits


def _tcpframe(data: bytes) -> None:
    framer = tcpframe.Framer()
    for piece in pieces(data):
        for packet in framer.feed(piece):
            assert packet
    hold(framer, _ROOM)


def _program_stream(data: bytes) -> None:
    demuxer = ps.Demuxer()
    for index, piece in enumerate([data, *pieces(data)]):
        demuxer.feed(piece, index * 3600 & 0xFFFFFFFF, lost=index % 7 == 3, ended=index % 5 != 2)
    hold(demuxer, _ROOM)
    demuxer.flush()


def _fields(data: bytes) -> None:
    psfields.read_stream_map(data)
    psfields.crc32(data)
    for read in (psfields.read_header, psfields.read_old_header):
        if len(data) >= 9:  # what the demuxer makes sure of
            read(data, 0, len(data))


def _pipeline(data: bytes) -> None:
    for ordered in (False, True):
        pipeline = Pipeline(ordered=ordered, payload_types=_NAMES, backlog_limit=4096)
        reader = Stuck()
        pipeline.hub.join(reader)
        for index, piece in enumerate(pieces(data)):
            if ordered:
                pipeline.receive_bytes(piece, index / 25)
            else:
                pipeline.receive([piece], index / 25)
        pipeline.figures(1e3)
        pipeline.receiver_report(1, 1e3)
        hold(pipeline, 2 * _ROOM)
        pipeline.flush()


def _units(data: bytes) -> None:
    spans = nal.split(data)
    assert all(begin < end for begin, end in spans)
    nal.guess(data, spans)
    for codec in _SUPPORTED:
        nal.find_key(codec, data, spans)
        nal.parameter_sets(codec, data, spans)
    for picture in (sps.parse_h264(data), sps.parse_h265(data)):
        if picture is not None:
            assert picture.codec.isascii()
            assert 0 < picture.width <= 16384
    aac.split(data)
    sound.judge(data, Codec.UNKNOWN)


def _fragments(data: bytes) -> None:
    """Pictures with a stranger's parameter sets, to a viewer that reads nothing."""
    for codec in _SUPPORTED:
        fragmenter, hub, reader = Fragmenter(), Hub(backlog_limit=4096), Stuck()
        hub.join(reader)
        longest = 0
        for index, piece in enumerate([data, *pieces(data)]):
            unit = AccessUnit(codec, index * 3600, index * 3600, True, piece)
            fragment = fragmenter.fragment(unit)
            if not fragment:
                continue
            if fragmenter.track is not None and fragmenter.track is not hub.track:
                longest = max(longest, len(init_segment(fragmenter.track)))
                hub.change(fragmenter.track)
            longest = max(longest, len(fragment))
            hub.publish(fragment, index % 2 == 0)
        assert reader.waits <= 4096 + 2 * longest
        hold(hub, _ROOM)


def _nal_payloads(data: bytes) -> None:
    for codec in _SUPPORTED:
        assembler = Assembler(codec, Times().video)
        for index, piece in enumerate(pieces(data)):
            if piece:
                frame = Frame([piece, piece[1:] or piece], index, 98, index % 5 == 2, index % 3 > 0)
                assembler.decode(frame)
        hold(assembler, _ROOM)


def _payloads(data: bytes) -> None:
    payloads = Payloads(_NAMES[:2])
    for index, piece in enumerate(pieces(data)):
        if len(piece) > 1:
            frame = Frame([piece[1:]], index * 3600, piece[0] & 0x7F, index % 5 == 2, True)
            payloads.decode(frame)
    hold(payloads, _ROOM)
    payloads.flush()


def _rtcp(data: bytes) -> None:
    if len(data) > 1:  # what receivers check before they ask
        rtcp.is_rtcp(data)
    rtcp.read_sender_report(data, 0.0)


TARGETS: dict[str, Target] = {
    "media.rtp": of_bytes(rtp.Packet.parse),
    "media.rtcp": _rtcp,
    "media.tcpframe": _tcpframe,
    "media.ps": _program_stream,
    "media.psfields": _fields,
    "media.units": _units,
    "media.nal-payload": _nal_payloads,
    "media.payload": _payloads,
    "media.fragments": _fragments,
    "media.pipeline": _pipeline,
}
"""Name -> target."""
