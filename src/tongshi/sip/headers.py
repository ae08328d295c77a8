"""Header fields: an ordered multimap that does not mind case or compact names, and Via.

Source: RFC 3261 7.3 and 20.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tongshi.sip.uri import Params


class Headers:
    """Header fields in order.  Names are case-blind; compact ones are expanded (``v`` is Via)."""

    __slots__ = ("_first", "_items")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = list(items)
        self._first: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return the value of the first field called *name* as it stands, or None."""
        raise NotImplementedError

    def all(self, name: str) -> list[str]:
        """Return every value, comma-joined ones taken apart where the grammar has a list."""
        raise NotImplementedError

    def add(self, name: str, value: str) -> None:
        """Append a field."""
        raise NotImplementedError

    def insert(self, name: str, value: str) -> None:
        """Put a field before all others, as a Via must be."""
        raise NotImplementedError

    def set(self, name: str, value: str) -> None:
        """Replace every field called *name* by one, at the place of the first."""
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Remove every field called *name*."""
        raise NotImplementedError

    def items(self) -> list[tuple[str, str]]:
        """Return (name, value) pairs in order, known names in their long form."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[tuple[str, str]]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Via:
    """One hop of a message's way.  port: None when not written; rport: 0 when asked for only."""

    transport: str
    host: str
    port: int | None = None
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> "Via":
        """Return the hop that *text* is; raises RemoteProtocolError."""
        raise NotImplementedError

    @property
    def branch(self) -> str:
        """The branch, "" when absent."""
        raise NotImplementedError

    @property
    def received(self) -> str:
        """The address the message really came from, "" when absent."""
        raise NotImplementedError

    @property
    def rport(self) -> int | None:
        """The port it came from, 0 when asked for only, None when absent."""
        raise NotImplementedError
