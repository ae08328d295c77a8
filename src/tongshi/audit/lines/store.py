"""The lines of a chain, read from its store in short transactions, as it was at one moment.

A reader may be slow: no transaction outlives a piece of `CHUNK` entries, so nothing holds back the
store's own housekeeping.  What is appended meanwhile is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select

from tongshi.audit.head import Purpose, SignedHead
from tongshi.audit.statement import Line, chain_line, end_line, entry_line, head_line, row_line
from tongshi.audit.store import (
    read_details,
    read_floor,
    read_heads,
    read_last_head,
    read_newest_look,
    read_raw,
    read_tip,
)
from tongshi.db.tables import audit_entries, register_endings, register_entries

CHUNK = 500
"""Entries read at once."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What the chain was at one moment.

    anchors, heads: numbers of the newest.  last: entry.  look: highest register entry.  floor:
    highest register entry of which the chain knows nothing (any more).  count: entries.
    """

    last: int
    heads: int
    look: int
    floor: int
    count: int


def read_extent(connection: Connection) -> Extent:
    """Return what the chain is now."""
    last = read_tip(connection).seq
    head = read_last_head(connection, Purpose.HEAD)
    anchor = read_last_head(connection, Purpose.ANCHOR)
    return Extent(
        last,
        head.head.number if head is not None else 0,
        read_newest_look(connection),
        read_floor(connection),
        last - (anchor.head.seq if anchor is not None else 0),
    )


def read_lines(engine: Engine, key: bytes, name: str, wall: float, *, rows: bool) -> Iterator[Line]:
    """Return every line of the chain.

    name: of the platform.  wall: now, UNIX time, s.  rows: with the register's.
    """
    yield chain_line(key, name, wall, rows=rows)
    with engine.connect() as connection:
        extent = read_extent(connection)
        anchors = list(_all_heads(connection, Purpose.ANCHOR))
    yield from map(head_line, anchors)
    heads = _Heads(engine, extent.heads)
    claims = _Claims(engine, extent) if rows else None
    after, count = anchors[-1].head.seq if anchors else 0, 0
    while True:
        with engine.connect() as connection:
            found = read_raw(connection, after, CHUNK)
        found = [row for row in found if row.seq <= extent.last]
        if not found:
            break
        lines = [entry_line(row._asdict()) for row in found]
        if claims is not None:
            claims.fetch(lines)
        for line, row in zip(lines, found, strict=True):
            yield from map(head_line, heads.before(row.seq))
            yield line
            if claims is not None:
                yield from claims.of(line)
            yield from map(head_line, heads.before(row.seq + 1))
        after, count = found[-1].seq, count + len(found)
    yield from map(head_line, heads.before(None))
    if claims is not None:
        yield from claims.rest()
    yield end_line(count)


def _all_heads(connection: Connection, purpose: Purpose) -> Iterator[SignedHead]:
    after = -1
    while found := read_heads(connection, purpose, after, CHUNK):
        yield from found
        after = found[-1].head.number


class _Heads:
    """The heads up to a number, walked through beside the entries."""

    def __init__(self, engine: Engine, last: int) -> None:
        self._engine = engine
        self._last = last
        self._after = 0
        self._waiting: list[SignedHead] = []

    def before(self, seq: int | None) -> Iterator[SignedHead]:
        """Give those that stand before entry *seq*; all that are left for None."""
        while True:
            if not self._waiting:
                with self._engine.connect() as connection:
                    found = read_heads(connection, Purpose.HEAD, self._after, CHUNK)
                self._waiting = [one for one in found if one.head.number <= self._last]
                if not self._waiting:
                    return
                self._after = self._waiting[-1].head.number
            if seq is not None and self._waiting[0].head.seq >= seq:
                return
            yield self._waiting.pop(0)


class _Claims:
    """The rows of the register, each behind the entry that has its digest; then those of none."""

    def __init__(self, engine: Engine, extent: Extent) -> None:
        self._engine = engine
        self._extent = extent
        self._looked = extent.floor
        self._looks: dict[int, Line] = {}
        self._endings: dict[int, Line] = {}
        self._ended = bytearray()

    def fetch(self, lines: list[Line]) -> None:
        """Read the rows of some entries; and looks between them, which no entry claims."""
        looks, endings = _numbers(lines, "look-begun"), _numbers(lines, "look-ended")
        with self._engine.connect() as connection:
            self._endings = _read_endings(connection, endings)
            if looks and max(looks) > self._looked:
                last = min(max(looks), self._extent.look)
                self._looks |= _read_looks(connection, self._looked, last)
                self._looked = max(self._looked, last)
        for number in endings:
            self._mark(number)

    def of(self, line: Line) -> Iterator[Line]:
        """Give the row of an entry, if it is there."""
        for number in _numbers([line], "look-begun"):
            found = self._looks.pop(number, None)
            if found is not None:
                yield found
        for number in _numbers([line], "look-ended"):
            found = self._endings.pop(number, None)
            if found is not None:
                yield found

    def rest(self) -> Iterator[Line]:
        """Give the rows that no entry claims."""
        yield from self._looks.values()
        self._looks.clear()
        while self._looked < self._extent.look:
            last = min(self._looked + CHUNK, self._extent.look)
            with self._engine.connect() as connection:
                found = _read_looks(connection, self._looked, last)
            yield from found.values()
            self._looked = last
        yield from self._stray_endings()

    def _stray_endings(self) -> Iterator[Line]:
        c, after = register_endings.c, self._extent.floor
        while True:
            found = select(register_endings).where(c.entry_id > after).order_by(c.entry_id)
            with self._engine.connect() as connection:
                rows = connection.execute(found.limit(CHUNK)).all()
                late = _ended_after(connection, self._extent.last)
            if not rows:
                return
            for row in rows:
                if row.entry_id not in late and not self._is_marked(row.entry_id):
                    yield row_line("ending", row._asdict())
            after = rows[-1].entry_id

    def _mark(self, number: int) -> None:
        """Remember that an ending is on the chain; a bit each, for there may be millions."""
        byte = number // 8
        if number < 0 or byte > self._extent.look // 8:
            return
        if byte >= len(self._ended):
            self._ended.extend(bytes(byte + 1 - len(self._ended)))
        self._ended[byte] |= 1 << number % 8

    def _is_marked(self, number: int) -> bool:
        byte = number // 8
        return byte < len(self._ended) and bool(self._ended[byte] & 1 << number % 8)


def _numbers(lines: list[Line], what: str) -> list[int]:
    """Return the register entries that *lines* of a kind are about."""
    found = []
    for line in lines:
        details = line["details"]
        if line["what"] == what and isinstance(details, dict):
            number = details.get("entry")
            if isinstance(number, int):
                found.append(number)
    return found


def _read_looks(connection: Connection, after: int, last: int) -> dict[int, Line]:
    c = register_entries.c
    found = select(register_entries).where(c.id > after, c.id <= last).order_by(c.id)
    return {row.id: row_line("look", row._asdict()) for row in connection.execute(found)}


def _read_endings(connection: Connection, numbers: list[int]) -> dict[int, Line]:
    found = select(register_endings).where(register_endings.c.entry_id.in_(numbers))
    return {row.entry_id: row_line("ending", row._asdict()) for row in connection.execute(found)}


def _ended_after(connection: Connection, seq: int) -> set[object]:
    """Return the register entries whose endings were chained after entry *seq*."""
    c = audit_entries.c
    found = select(c.details).where(c.what == "look-ended", c.seq > seq)
    return {read_details(text).get("entry") for text in connection.execute(found).scalars()}
