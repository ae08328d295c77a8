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

    repeated: names of fields that occur more than once, long spelling; unknown ones lower case.
    """

    __slots__ = ("_first", "_items", "repeated")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = [(canonical(name), value) for name, value in items]
        self._index()

    def _index(self) -> None:
        self._first: dict[str, str] = {}
        self.repeated: list[str] = []
        for name, value in self._items:
            key = _SPELLINGS.get(name) or name.lower()
            if key in self._first:
                self.repeated.append(key)
            else:
                self._first[key] = value

    @classmethod
    def _of(
        cls, items: list[tuple[str, str]], first: dict[str, str], repeated: list[str]
    ) -> "Headers":
        made = cls.__new__(cls)
        made._items, made._first, made.repeated = items, first, repeated
        return made

    @classmethod
    def parse(cls, lines: list[str]) -> tuple["Headers", str]:
        """Return the fields of unfolded *lines*, and the first line that is none, or ""."""
        items: list[tuple[str, str]] = []
        first: dict[str, str] = {}
        repeated: list[str] = []
        broken = ""
        for line in lines:
            name, colon, value = line.partition(":")
            key = known = _SPELLINGS.get(name)
            if known is None:
                name = name.rstrip(" \t")
                known = _NAMES.get(name.lower())
                key = known or name.lower()
                if known is None:
                    known = name
                    if not name or " " in name or "\t" in name:
                        broken = broken or line or " "
                        continue
            if not colon:
                broken = broken or line
                continue
            value = value.strip(" \t")
            items.append((known, value))
            if key in first:
                repeated.append(key or "")
            else:
                first[key or ""] = value
        return cls._of(items, first, repeated), broken

    def get(self, name: str) -> str | None:
        """Return the value of the first field called *name* as it stands, or None."""
        value = self._first.get(name)
        if value is None:
            value = self._first.get(_key(name))
        return value

    def all(self, name: str) -> list[str]:
        """Return every value, comma-joined ones taken apart where the grammar has a list.

        A value whose quotes do not close is returned whole.
        """
        key = _key(name)
        if key not in self._first:
            return []
        values = [value for known, value in self._items if _key(known) == key]
        if key not in _LISTS:
            return values
        return [part for value in values for part in _elements(value)]

    def add(self, name: str, value: str) -> None:
        """Append a field."""
        self._items.append((canonical(name), value))
        key = _key(name)
        if key in self._first:
            self.repeated.append(key)
        else:
            self._first[key] = value

    def insert(self, name: str, value: str) -> None:
        """Put a field before all others, as a Via must be."""
        self._items.insert(0, (canonical(name), value))
        key = _key(name)
        if key in self._first:
            self.repeated.append(key)
        self._first[key] = value

    def set(self, name: str, value: str) -> None:
        """Replace every field called *name* by one, at the place of the first, else at the end."""
        key = _key(name)
        if key not in self._first:
            self.add(name, value)
            return
        if key in self.repeated:
            at = next(at for at, item in enumerate(self._items) if _key(item[0]) == key)
            kept = [item for item in self._items[at + 1 :] if _key(item[0]) != key]
            self._items[at + 1 :] = kept
            self.repeated = [name for name in self.repeated if name != key]
        self.set_first(name, value)

    def set_first(self, name: str, value: str) -> None:
        """Replace the first field called *name*, which must be there; later ones stay."""
        key = _key(name)
        for at, (known, _) in enumerate(self._items):
            if _key(known) == key:
                self._items[at] = (known, value)
                self._first[key] = value
                return
        raise KeyError(name)

    def remove(self, name: str) -> None:
        """Remove every field called *name*."""
        key = _key(name)
        if key in self._first:
            self._items = [item for item in self._items if _key(item[0]) != key]
            self._index()

    def items(self) -> list[tuple[str, str]]:
        """Return (name, value) pairs in order, known names in their long form."""
        return list(self._items)

    def copy(self) -> "Headers":
        """Return an independent copy."""
        return self._of(list(self._items), dict(self._first), list(self.repeated))

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
