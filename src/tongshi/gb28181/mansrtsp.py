"""MANSRTSP: what an INFO within a playback carries, as who steers and as who is steered.

The body looks like RTSP and has a CSeq of its own, which has nothing to do with that of SIP.
Written to the letter; read without the final empty line, with any line ends and spelling of
numbers.  An answer's CSeq is told and matched with nothing: the standard's own sample differs from
its request.

Source: GB/T 28181-2022 annex B; RFC 2326 3.5, 3.6, 12.
"""

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import Self

from tongshi.errors import Invalid, RemoteProtocolError
from tongshi.gb28181.profile import ScaleFormat

CONTENT_TYPE = "Application/MANSRTSP"
"""Of the INFO and its answer, in the spelling of the standard."""
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Speeds that every device has to know; 8 and 16 are common.  Source: B.2.3."""

_CLAUSE = "GB/T 28181-2022 B"
_LONGEST = 4096
_FASTEST = 256.0
_LATEST = 10.0**8
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,12})?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,6}):(\d{1,2}):(\d{1,2}(?:\.\d{0,6})?)(?::\d{1,2}(?:\.\d{0,2})?)?")
_RTP = re.compile(r"(seq|rtptime)\s*=\s*(\d{1,10})", re.ASCII | re.IGNORECASE)
_STATUS = re.compile(r"\S*/\d\.\d\s+(\d{3})(?:\s+(.*))?", re.ASCII)


class Method(Enum):
    """What is asked."""

    PLAY = "PLAY"
    """Begin, go on, go elsewhere, or change the speed."""
    PAUSE = "PAUSE"
    TEARDOWN = "TEARDOWN"
    """End and free; a BYE still follows."""


@dataclass(frozen=True, slots=True)
class Range:
    """From where to where, s after the beginning of the footage that the INVITE asked for.

    begin: None for now.  end: None for as far as it goes; before *begin* in reverse.
    """

    begin: float | None = None
    end: float | None = None

    def __str__(self) -> str:
        begin = "now" if self.begin is None else _plain(self.begin)
        return f"npt={begin}-{'' if self.end is None else _plain(self.end)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a Range header says; raises RemoteProtocolError.

        Units npt and smpte; frames of the latter do not count.
        """
        unit, _, span = text.partition("=")
        begin, dash, end = span.strip().partition("-")
        if unit.strip().lower().partition("-")[0] not in ("npt", "smpte") or not dash:
            raise RemoteProtocolError(f"unreadable range: {text[:80]!r}", clause=_CLAUSE)
        return cls(_moment(begin), _moment(end))


@dataclass(frozen=True, slots=True)
class Order:
    """What one side wants of the other's playback.

    cseq: of MANSRTSP.  scale: speed, negative for reverse; None leaves it as it is.
    range: None to go on from here.
    """

    method: Method
    cseq: int
    scale: float | None = None
    range: Range | None = None

    def build(self, spelling: ScaleFormat = ScaleFormat.DECIMAL) -> bytes:
        """Return the body of the INFO; raises Invalid for a speed that is none."""
        lines = [f"{self.method.value} RTSP/1.0", f"CSeq: {self.cseq}"]
        if self.method is Method.PAUSE:
            lines.append("PauseTime: now")
        if self.scale is not None:
            lines.append(f"Scale: {spell(self.scale, spelling)}")
        if self.range is not None:
            lines.append(f"Range: {self.range}")
        return _joined(lines)

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Return what *body* asks for; raises RemoteProtocolError."""
        first, fields = _read(body)
        words = first.split()
        methods = {method.value: method for method in Method}
        method = methods.get(words[0].upper()) if words else None
        if method is None:
            raise RemoteProtocolError(f"no order: {first[:80]!r}", clause=_CLAUSE)
        scale, span = fields.get("scale"), fields.get("range")
        if scale is not None and _speed(scale) is None:
            raise RemoteProtocolError(f"no speed: {scale[:80]!r}", clause=_CLAUSE)
        return cls(
            method=method,
            cseq=_whole(fields.get("cseq")) or 0,
            scale=None if scale is None else _speed(scale),
            range=None if span is None else Range.parse(span),
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """The inner answer to an :class:`Order`.

    status: 200, or 4xx and 5xx when it was not done.  scale: the speed that holds from now.
    range: where it goes on.  sequence, stamp: of the first RTP packet after the jump, if told.
    """

    status: int = 200
    reason: str = "OK"
    cseq: int = 0
    scale: float | None = None
    range: Range | None = None
    sequence: int | None = None
    stamp: int | None = None

    @property
    def done(self) -> bool:
        """Whether the order was carried out."""
        return 200 <= self.status < 300

    def build(self, spelling: ScaleFormat = ScaleFormat.DECIMAL) -> bytes:
        """Return the body of the answer to the INFO."""
        lines = [f"RTSP/1.0 {self.status} {self.reason}", f"CSeq: {self.cseq}"]
        if self.scale is not None:
            lines.append(f"Scale: {spell(self.scale, spelling)}")
        if self.range is not None:
            lines.append(f"Range: {self.range}")
        if self.sequence is not None and self.stamp is not None:
            lines.append(f"RTP-Info: seq={self.sequence};rtptime={self.stamp}")
        return _joined(lines)

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Return what *body* says; fields that cannot be read are as if they were missing.

        An answer without a body, or with one of another kind, is as good as its SIP status:
        plain 200.  Raises RemoteProtocolError for a body that is too long.
        """
        first, fields = _read(body)
        match = _STATUS.match(first)
        if match is None:
            return cls()
        told = dict(_RTP.findall(fields.get("rtp-info", "").lower()))
        return cls(
            status=int(match[1]),
            reason=(match[2] or "").strip(),
            cseq=_whole(fields.get("cseq")) or 0,
            scale=_speed(fields.get("scale", "")),
            range=_range(fields.get("range")),
            sequence=_below(told.get("seq"), 1 << 16),
            stamp=_below(told.get("rtptime"), 1 << 32),
        )


def spell(scale: float, spelling: ScaleFormat) -> str:
    """Return *scale* in that spelling, or in decimals where it has none there.

    Raises Invalid for 0, for what is no number, and beyond 256 times.
    """
    if not math.isfinite(scale) or not 0 < abs(scale) <= _FASTEST:
        raise Invalid(f"no speed: {scale}")
    if spelling is ScaleFormat.SIX:
        return f"{scale:.6f}"
    if spelling is ScaleFormat.INTEGER and scale == int(scale):
        return str(int(scale))
    text = f"{scale:.4f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _joined(lines: list[str]) -> bytes:
    # B.1 ends with an empty line, which its samples leave out: sent, and read without.
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii", "replace")


def _read(body: bytes) -> tuple[str, dict[str, str]]:
    """Return the first line, and the fields by name in small letters; the first of two counts."""
    if len(body) > _LONGEST:
        raise RemoteProtocolError(f"{len(body)} bytes of MANSRTSP", clause=_CLAUSE)
    lines = [line.strip() for line in body.decode("utf-8", "replace").split("\n")]
    lines = [line for line in lines if line]
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return (lines[0] if lines else ""), fields


def _plain(seconds: float) -> str:
    text = f"{max(0.0, seconds):.3f}".rstrip("0")
    return text.removesuffix(".")


def _moment(text: str) -> float | None:
    """Return seconds; None for now and for nothing said."""
    told = text.strip().lower()
    if told in ("", "now"):
        return None
    clock = _CLOCK.fullmatch(told)
    if clock is not None:
        seconds = 3600 * int(clock[1]) + 60 * int(clock[2]) + float(clock[3])
    else:
        number = _number(told)
        if number is None or number < 0:
            raise RemoteProtocolError(f"no moment: {text[:80]!r}", clause=_CLAUSE)
        seconds = number
    if seconds > _LATEST:
        raise RemoteProtocolError(f"no moment: {text[:80]!r}", clause=_CLAUSE)
    return seconds


def _range(text: str | None) -> Range | None:
    try:
        return None if text is None else Range.parse(text)
    except RemoteProtocolError:
        return None


def _number(text: str) -> float | None:
    told = text.strip()
    return float(told) if _NUMBER.fullmatch(told) else None


def _speed(text: str) -> float | None:
    number = _number(text)
    return number if number is not None and 0 < abs(number) <= _FASTEST else None


def _whole(text: str | None) -> int | None:
    number = _number(text or "")
    return int(number) if number is not None and number >= 0 else None


def _below(text: str | None, limit: int) -> int | None:
    number = _whole(text)
    return number if number is not None and number < limit else None
