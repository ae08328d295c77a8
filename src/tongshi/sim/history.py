"""A device's side of playback and download: what a session shows, and how it is steered.

Pure: the time is an argument.

Source: GB/T 28181-2022 9.8, 9.9, annexes B and G.
"""

from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.mansrtsp import Method, Order, Range, Reply
from tongshi.sim.archive import Archive, Kind
from tongshi.sim.film import Shot
from tongshi.sim.playback import Playback, nearest
from tongshi.sim.quirks import Quirks
from tongshi.sim.tape import groups_of, stamp_of

FASTEST_DOWNLOAD = 64
"""Times real time at which a download goes at most."""
REVERSE = 4.0
"""Fastest backwards."""
_ALL_CODES = {kind.code: kind for kind in Kind}


@dataclass(slots=True, eq=False)
class History:
    """One session on recordings.

    shot: what is shown.  download: at a speed of its own, and with a size announced.
    closed: the platform has torn it down; the BYE is still to come.
    """

    purpose: Purpose
    shot: Shot
    playback: Playback
    closed: bool = False

    @property
    def download(self) -> bool:
        """Whether it is a download."""
        return self.purpose is Purpose.DOWNLOAD

    @property
    def size(self) -> int:
        """Bytes that it is going to be, estimated from the bit rate as devices do."""
        sound = 8_000 if self.shot.sound else 0
        return int(self.playback.duration * (self.shot.bitrate / 8 + sound))


def open_history(
    offer: Offer, shot: Shot, archive: Archive, *, wall: float, now: float
) -> History | None:
    """Return the session that *offer* asks for; None when nothing of it is recorded."""
    kinds = _kinds_of(offer.resource)
    pieces = archive.pieces(offer.start, offer.end, wall, kinds)
    groups = [groups_of(shot, start, end) for start, end in pieces]
    speed = 1.0
    if offer.purpose is Purpose.DOWNLOAD:
        speed = float(min(max(offer.download_speed or 1, 1), FASTEST_DOWNLOAD))
    playback = Playback(
        groups, fps=shot.fps, gop=shot.gop, origin=offer.start, now=now, scale=speed
    )
    return None if playback.ended else History(offer.purpose, shot, playback)


def steer(history: History, body: bytes, quirks: Quirks, now: float) -> Reply:
    """Carry out the order in *body* and return the inner answer."""
    try:
        order = Order.parse(body)
    except RemoteProtocolError:
        return Reply(400, "Bad Request")
    if "scale-six-decimals-refused" in quirks and _has_six_decimals(body):
        return Reply(400, "Bad Request", order.cseq)
    match order.method:
        case Method.PAUSE:
            history.playback.pause()
            return Reply(cseq=order.cseq)
        case Method.TEARDOWN:
            history.closed = True
            history.playback.pause()
            return Reply(cseq=order.cseq)
        case Method.PLAY:
            return _play(history, order, quirks, now)


def _play(history: History, order: Order, quirks: Quirks, now: float) -> Reply:
    playback = history.playback
    scale = None if order.scale is None else _kept(order.scale, quirks)
    if order.scale is not None and scale is None:
        return Reply(451, "Parameter Not Understood", order.cseq)
    if "scale-ineffective" in quirks and scale is not None:
        playback.play(now)
        return Reply(cseq=order.cseq, scale=scale)
    told = order.range
    playback.play(
        now,
        start=told.begin if told is not None else None,
        end=told.end if told is not None else None,
        scale=scale,
    )
    at = playback.position
    stamp = stamp_of(history.shot, round((at + playback.origin) * playback.fps), playback.first)
    return Reply(
        cseq=order.cseq,
        scale=None if order.scale is None else playback.scale,
        range=Range(begin=at),
        sequence=playback.sequence,
        stamp=stamp & 0xFFFFFFFF,
    )


def _kept(scale: float, quirks: Quirks) -> float | None:
    """Return the speed that is kept for *scale*; None when it goes forwards only."""
    if scale > 0:
        return nearest(scale)
    if "no-reverse" in quirks:
        return None
    # "If only -1 is supported the answer states Scale -1" (annex B).
    return -1.0 if "reverse-one" in quirks else max(nearest(scale), -REVERSE)


def _kinds_of(resource: str) -> tuple[Kind, ...]:
    """Return what ``u=`` asks for: its number after the colon, 0 and none for everything."""
    _, _, code = resource.partition(":")
    kind = _ALL_CODES.get(int(code)) if code.isascii() and code.isdigit() else None
    return (kind,) if kind is not None else tuple(Kind)


def _has_six_decimals(body: bytes) -> bool:
    lines = body.decode("ascii", "replace").lower().splitlines()
    told = [line for line in lines if line.startswith("scale")]
    return any(len(line.partition(".")[2].strip()) > 2 for line in told)
