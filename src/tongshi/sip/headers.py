"""Header fields: an ordered multimap that does not mind case or compact names.

Source: RFC 3261 7.3 and 20.
"""

from collections.abc import Iterable, Iterator

from tongshi.errors import RemoteProtocolError
from tongshi.sip.grammar import split

# Every name that SIP and GB/T 28181 write, as RFC 3261 20 and the later RFCs spell it.
_FIELDS = """
    Accept Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info
    Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding Content-Language
    Content-Length Content-Type CSeq Date Error-Info Event Expires From In-Reply-To Max-Forwards
    MIME-Version Min-Expires Min-SE Monitor-User-Identity Note Organization Path Priority
    Proxy-Authenticate Proxy-Authorization Proxy-Require Reason Record-Route Refer-To Reply-To
    Require Retry-After Route Server Service-Route Session-Expires Subject Subscription-State
    Supported Timestamp To Unsupported User-Agent Via Warning WWW-Authenticate X-GB-Ver
    X-PreferredPath X-RoutePath
"""
_LONG = _FIELDS.split()
# RFC 3261 7.3.3 and 20; u and o from RFC 6665, r from RFC 3515, x from RFC 4028.
_COMPACT = {
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
# Lower case is the key of each; other common spellings are there to be found in one look.
_NAMES: dict[str, str] = {name.lower(): name for name in _LONG} | _COMPACT
_SPELLINGS: dict[str, str] = (
    _NAMES
    | {name: name for name in _LONG}
    | {name.upper(): long for name, long in _NAMES.items()}
    | {name.title(): long for name, long in _NAMES.items()}
)
_USUAL = frozenset(_LONG)
# Fields whose grammar is a comma-separated list (RFC 3261 25.1).  Subject, User-Agent, Date and
# the four of authentication are not among them, whatever commas they hold.
_COMMA_FIELDS = """Accept Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Call-Info
    Contact Content-Encoding Content-Language Error-Info In-Reply-To Path Proxy-Require Reason
    Record-Route Require Route Service-Route Supported Unsupported Via Warning"""
_LISTS = frozenset(_COMMA_FIELDS.split())


def canonical(name: str) -> str:
    """Return the long, usual spelling of a field name; unknown names are returned as they are."""
    return _SPELLINGS.get(name) or _NAMES.get(name.lower(), name)


class Headers:
    """Header fields in order.  Names are case-blind; compact ones are expanded (``v`` is Via).

    Theory of operation.  The fields are a list; an index of first values is made when a value is
    first asked for, and comes for nothing when ordinary fields are parsed.
    """

    __slots__ = ("_first", "_items", "_repeated")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = [(_SPELLINGS.get(name) or canonical(name), value) for name, value in items]
        self._first: dict[str, str] | None = None
        self._repeated: list[str] = []

    def _index(self) -> dict[str, str]:
        self._repeated = []
        first = dict(self._items)
        if len(first) != len(self._items):
            first = {}
            for name, value in self._items:
                if name in first:
                    self._repeated.append(name)
                else:
                    first[name] = value
        self._first = first
        return first

    @classmethod
    def parse(cls, lines: list[str]) -> tuple["Headers", str]:
        """Return the fields of unfolded *lines*, and the first line that is none, or ""."""
        made = cls()
        append = made._items.append
        broken = ""
        for line in lines:
            name, colon, value = line.partition(":")
            known = _SPELLINGS.get(name)
            if known is None or not colon:
                name = name.rstrip(" \t")
                if not colon or not name or " " in name or "\t" in name:
                    broken = broken or line or " "
                    continue
                known = canonical(name)
            append((known, value.strip(" \t")))
        return made, broken

    @property
    def repeated(self) -> list[str]:
        """Names of known fields that occur more than once, in their long spelling."""
        if self._first is None:
            self._index()
        return self._repeated

    def get(self, name: str) -> str | None:
        """Return the value of the first field called *name* as it stands, or None."""
        if name not in _USUAL:
            at = self._find(_key(name))
            return None if at is None else self._items[at][1]
        first = self._first
        return (self._index() if first is None else first).get(name)

    def all(self, name: str) -> list[str]:
        """Return every value, comma-joined ones taken apart where the grammar has a list.

        A value whose quotes do not close is returned whole.
        """
        key = _key(name)
        values = [value for known, value in self._items if _key(known) == key]
        if key not in _LISTS:
            return values
        return [part for value in values for part in _elements(value)]

    def add(self, name: str, value: str) -> None:
        """Append a field."""
        self._items.append((canonical(name), value))
        self._first = None

    def insert(self, name: str, value: str) -> None:
        """Put a field before all others, as a Via must be."""
        self._items.insert(0, (canonical(name), value))
        self._first = None

    def set(self, name: str, value: str) -> None:
        """Replace every field called *name* by one, at the place of the first, else at the end."""
        key = _key(name)
        at = self._find(key)
        if at is None:
            self.add(name, value)
            return
        after = [item for item in self._items[at + 1 :] if _key(item[0]) != key]
        self._items[at:] = [(self._items[at][0], value), *after]
        self._first = None

    def set_first(self, name: str, value: str) -> None:
        """Replace the first field called *name*, which must be there; later ones stay."""
        key = _key(name)
        at = self._find(key)
        if at is None:
            raise KeyError(name)
        known = self._items[at][0]
        self._items[at] = (known, value)
        if self._first is not None:
            self._first[known] = value

    def _find(self, key: str) -> int | None:
        for at, (known, _) in enumerate(self._items):
            if known == key or _key(known) == key:
                return at
        return None

    def remove(self, name: str) -> None:
        """Remove every field called *name*."""
        key = _key(name)
        self._items = [item for item in self._items if _key(item[0]) != key]
        self._first = None

    def items(self) -> list[tuple[str, str]]:
        """Return (name, value) pairs in order, known names in their long form."""
        return list(self._items)

    def copy(self) -> "Headers":
        """Return an independent copy."""
        made = Headers()
        made._items = list(self._items)
        return made

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._items == other._items

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"


def _key(name: str) -> str:
    return _SPELLINGS.get(name) or _NAMES.get(name.lower()) or name.lower()


def _elements(value: str) -> list[str]:
    try:
        parts = split(value, ",")
    except RemoteProtocolError:
        return [value]
    return [part for part in (part.strip(" \t") for part in parts) if part]
