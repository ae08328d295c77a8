"""Session descriptions, RFC 4566, as the field writes them.

Lines keep their order, unknown ones included (``y=`` and ``f=`` of GB/T 28181 are such), so that
writing gives what was read.  Line ends may be CRLF, LF or CR CR LF, the last one may be missing.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """``kind=value``."""

    kind: str
    value: str


@dataclass(slots=True)
class Media:
    """An ``m=`` line and what follows it up to the next.

    port: 0..65535.  proto: as ``"RTP/AVP"`` or ``"TCP/RTP/AVP"``.  formats: payload types as text.
    """

    kind: str
    port: int
    proto: str
    formats: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    ports: int = 1

    def value(self, kind: str) -> str | None:
        """Return the value of the first line of *kind*, or None."""
        raise NotImplementedError

    def attribute(self, name: str) -> str | None:
        """Return the value of ``a=name:value``, "" for ``a=name``, None when absent."""
        raise NotImplementedError

    def attributes(self, name: str) -> list[str]:
        """Return the values of every ``a=name``."""
        raise NotImplementedError


@dataclass(slots=True)
class SessionDescription:
    """A whole description: session lines, then media."""

    lines: list[Line] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)

    def value(self, kind: str) -> str | None:
        """Return the first line of *kind* at session level, else in the media in order.

        So ``value("y")`` finds it wherever a device put it.
        """
        raise NotImplementedError

    def attribute(self, name: str) -> str | None:
        """Return a session-level attribute; as :meth:`Media.attribute`."""
        raise NotImplementedError

    def address(self, media: Media | None = None) -> str:
        """Return the host of the ``c=`` line that holds for *media*; "" when there is none."""
        raise NotImplementedError

    def encode(self) -> bytes:
        """Return the description as bytes, every line ended by CRLF."""
        raise NotImplementedError


def parse(data: bytes | str) -> SessionDescription:
    """Return the description that *data* is; raises RemoteProtocolError (400)."""
    raise NotImplementedError
