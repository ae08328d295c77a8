"""Session descriptions, RFC 4566, as the field writes them.

In: bytes of a body.  Out: lines in order, media apart; and back.  Unknown lines are kept (``y=``
and ``f=`` of GB/T 28181 are such), so that writing gives what was read.  Line ends may be CRLF,
LF, CR or CR CR LF, the last one may be missing, empty lines are passed over.

Source: RFC 4566 5, 9; GB/T 28181-2022 annex G.
"""

import re
from dataclasses import dataclass, field

from tongshi.errors import LocalProtocolError, RemoteProtocolError

_CLAUSE = "RFC 4566 5"
_LINE_END = re.compile(r"[\r\n\0]+")
_MAX_LINES = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """``kind=value``.  kind: one character as a rule."""

    kind: str
    value: str


class _Section:
    """What a description and its media share."""

    __slots__ = ()

    lines: list[Line]

    def _first(self, kind: str) -> str | None:
        for line in self.lines:
            if line.kind == kind:
                return line.value
        return None

    def attributes(self, name: str) -> list[str]:
        """Return the values of every ``a=name``, "" for one without."""
        values: list[str] = []
        for line in self.lines:
            if line.kind == "a":
                key, _, value = line.value.partition(":")
                if key.strip() == name:
                    values.append(value.strip())
        return values

    def attribute(self, name: str) -> str | None:
        """Return the value of ``a=name:value``, "" for ``a=name``, None when absent."""
        values = self.attributes(name)
        return values[0] if values else None


@dataclass(slots=True)
class Media(_Section):
    """An ``m=`` line and what follows it up to the next.

    port: 0..65535.  proto: as ``"RTP/AVP"`` or ``"TCP/RTP/AVP"``.  formats: payload types as text.
    ports: how many in a row, 1 as a rule.
    """

    kind: str
    port: int
    proto: str
    formats: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    ports: int = 1

    def value(self, kind: str) -> str | None:
        """Return the value of the first line of *kind*, or None."""
        return self._first(kind)

    def rtpmap(self) -> dict[int, str]:
        """Return what each payload type is, as ``{96: "PS/90000"}``; broken lines are left out."""
        found: dict[int, str] = {}
        for text in self.attributes("rtpmap"):
            number, _, encoding = text.partition(" ")
            if number.isascii() and number.isdigit() and len(number) <= 3 and encoding.strip():
                found.setdefault(int(number), encoding.strip())
        return found

    def __str__(self) -> str:
        ports = "" if self.ports == 1 else f"/{self.ports}"
        return " ".join([self.kind, f"{self.port}{ports}", self.proto, *self.formats])


@dataclass(slots=True)
class SessionDescription(_Section):
    """A whole description: session lines, then media."""

    lines: list[Line] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)

    def value(self, kind: str) -> str | None:
        """Return the first line of *kind* at session level, else in the media in order.

        So ``value("y")`` finds it wherever a device put it.
        """
        found = self._first(kind)
        for media in self.media:
            if found is not None:
                break
            found = media.value(kind)
        return found

    def address(self, media: Media | None = None) -> str:
        """Return the host of the ``c=`` line that holds for *media*; "" when there is none.

        media: one of this description's; None for the first that is there.
        """
        if media is None and self.media:
            media = self.media[0]
        text = media.value("c") if media is not None else None
        if text is None:
            text = self._first("c") or ""
        parts = text.split()
        return parts[2].partition("/")[0] if len(parts) >= 3 else ""

    def encode(self) -> bytes:
        """Return the description as bytes, every line ended by CRLF.

        Raises LocalProtocolError when a value holds a line end.
        """
        lines = [f"{line.kind}={line.value}" for line in self.lines]
        for media in self.media:
            lines.append(f"m={media}")
            lines += [f"{line.kind}={line.value}" for line in media.lines]
        for line in lines:
            if _LINE_END.search(line):
                raise LocalProtocolError(f"line end inside a line: {line!r}")
        return "".join([f"{line}\r\n" for line in lines]).encode("utf-8", "surrogateescape")


def parse(data: bytes | str) -> SessionDescription:
    """Return the description that *data* is; raises RemoteProtocolError.

    Status 400 for what is no description; 488 is the caller's, for one that does not suit.
    """
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    description = SessionDescription()
    lines = description.lines
    texts = [line for line in _LINE_END.split(text) if line.strip()]
    if not texts or len(texts) > _MAX_LINES:
        raise RemoteProtocolError(f"description has {len(texts)} lines", clause=_CLAUSE)
    for line in texts:
        kind, equals, value = line.partition("=")
        kind, value = kind.strip(), value.strip(" \t")
        if not equals or len(kind) != 1 or not kind.isascii() or not kind.isalpha():
            raise RemoteProtocolError(f"not a line of SDP: {line[:40]!r}", clause=_CLAUSE)
        if kind == "m":
            media = _read_media(value)
            description.media.append(media)
            lines = media.lines
        else:
            lines.append(Line(kind, value))
    return description


def _read_media(text: str) -> Media:
    parts = text.split()
    if len(parts) < 3:
        raise RemoteProtocolError(f"m= has too few parts: {text[:40]!r}", clause="RFC 4566 5.14")
    port, slash, ports = parts[1].partition("/")
    count = _number(ports, text) if slash else 1
    return Media(parts[0], _number(port, text), parts[2], tuple(parts[3:]), [], count)


def _number(digits: str, text: str) -> int:
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 5 or int(digits) > 65535:
        raise RemoteProtocolError(f"m= has no port: {text[:40]!r}", clause="RFC 4566 5.14")
    return int(digits)
