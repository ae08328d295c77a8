"""The statements of the chain: appending inside the transaction of whoever does the act, reading.

A writing transaction holds the store's write lock, so nobody else appends between the reading of
the last digest and the insert.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, or_, select

from tongshi.audit.chain import UNBOUND, link
from tongshi.audit.entry import ACTS, Act, Entry, Group, clean, encode_act, write_json
from tongshi.audit.head import Head, Purpose, SignedHead
from tongshi.db.tables import audit_entries, audit_heads, register_entries
from tongshi.db.text import find_literally


@dataclass(frozen=True, slots=True)
class Tip:
    """Where the chain ends.  seq: 0 before the first entry.  digest: what the next is bound to."""

    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries, newest first.  since, until: UNIX time, s, until excluded.  text: literal."""

    what: str = ""
    person_id: int | None = None
    since: float | None = None
    until: float | None = None
    outcome: str = ""
    text: str = ""
    number: int = 1
    size: int = 50


def append(connection: Connection, wall: float, act: Act) -> int:
    """Chain *act* at its end and return its place.

    For the caller's own transaction: the act is there when what it tells of is, or neither is.
    wall: UNIX time, s.  Raises Invalid for an act that is none: see `entry.clean`.
    """
    return append_all(connection, wall, (act,))[0]


def append_all(connection: Connection, wall: float, acts: Sequence[Act]) -> range:
    """Chain several acts in their order and return their places."""
    if not acts:
        return range(0)
    tip = read_tip(connection)
    wall, digest, rows = float(wall), tip.digest, []
    for seq, act in enumerate(acts, tip.seq + 1):
        cleaned = clean(act)
        digest = link(digest, encode_act(seq, wall, cleaned))
        rows.append(
            {
                "seq": seq,
                "wall": wall,
                "what": cleaned.what,
                "person_id": cleaned.person_id,
                "person": cleaned.person,
                "unit": cleaned.unit,
                "address": cleaned.address,
                "object": cleaned.object,
                "outcome": cleaned.outcome,
                "details": write_json(cleaned.details),
                "digest": digest,
            }
        )
    connection.execute(_INSERT, rows)
    return range(tip.seq + 1, tip.seq + 1 + len(rows))


_INSERT = insert(audit_entries)
_FLOORS = ("audit.pruned", "audit.begun")
_TIP = (
    select(audit_entries.c.seq, audit_entries.c.digest)
    .order_by(audit_entries.c.seq.desc())
    .limit(1)
)
_ANCHOR: Select[Any] = (
    select(audit_heads)
    .where(audit_heads.c.purpose == Purpose.ANCHOR.value)
    .order_by(audit_heads.c.number.desc())
    .limit(1)
)


def read_tip(connection: Connection) -> Tip:
    """Return where the chain ends: at its last entry, its anchor, or nowhere yet."""
    row = connection.execute(_TIP).first()
    if row is None:
        row = connection.execute(_ANCHOR).first()
    return Tip(0, UNBOUND) if row is None else Tip(row.seq, row.digest)


def page_entries(connection: Connection, query: AuditQuery) -> tuple[tuple[Entry, ...], int]:
    """Return one page of the chain, newest first, and the count of all that match."""
    where = _conditions(query)
    counted = select(func.count()).select_from(audit_entries).where(*where)
    found: Select[Any] = (
        select(audit_entries)
        .where(*where)
        .order_by(audit_entries.c.seq.desc())
        .limit(query.size)
        .offset((query.number - 1) * query.size)
    )
    rows = tuple(_entry(row) for row in connection.execute(found))
    return rows, connection.execute(counted).scalar_one()


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    c = audit_entries.c
    where: list[ColumnElement[bool]] = []
    if query.what:
        where.append(c.what == query.what)
    if query.person_id is not None:
        where.append(c.person_id == query.person_id)
    if query.since is not None:
        where.append(c.wall >= query.since)
    if query.until is not None:
        where.append(c.wall < query.until)
    if query.outcome:
        where.append(c.outcome == query.outcome)
    if query.text:
        columns = (c.person, c.unit, c.address, c.object)
        spelt = write_json(query.text)[1:-1]  # as it stands in the details
        found = [find_literally(column, query.text) for column in columns]
        where.append(or_(*found, find_literally(c.details, spelt)))
    return where


def read_last(connection: Connection, what: str) -> Entry | None:
    """Return the newest entry of a kind."""
    c = audit_entries.c
    found = select(audit_entries).where(c.what == what).order_by(c.seq.desc()).limit(1)
    row = connection.execute(found).first()
    return None if row is None else _entry(row)


def read_digest(connection: Connection, seq: int) -> str | None:
    """Return the digest of one entry; None when there is none."""
    c = audit_entries.c
    return connection.execute(select(c.digest).where(c.seq == seq)).scalar_one_or_none()


def read_raw(connection: Connection, after: int, most: int) -> Sequence[Row[Any]]:
    """Return the *most* entries that follow *after*, as they are stored, whatever they are."""
    found = select(audit_entries).where(audit_entries.c.seq > after)
    return connection.execute(found.order_by(audit_entries.c.seq).limit(most)).all()


# Heads --------------------------------------------------------------------------------------


def add_head(connection: Connection, signed: SignedHead) -> None:
    """Insert a signed head or anchor."""
    head = signed.head
    connection.execute(
        insert(audit_heads).values(
            purpose=head.purpose.value,
            number=head.number,
            node=head.node,
            seq=head.seq,
            digest=head.digest,
            wall=head.wall,
            kept=head.kept,
            run=head.run,
            lasted=head.lasted,
            signature=signed.signature,
        )
    )


def read_last_head(connection: Connection, purpose: Purpose) -> SignedHead | None:
    """Return the newest head, or anchor."""
    found = select(audit_heads).where(audit_heads.c.purpose == purpose.value)
    row = connection.execute(found.order_by(audit_heads.c.number.desc()).limit(1)).first()
    return None if row is None else _head(row)


def read_heads(
    connection: Connection, purpose: Purpose, after: int, most: int
) -> tuple[SignedHead, ...]:
    """Return the *most* heads, or anchors, that follow number *after*, the oldest first."""
    c = audit_heads.c
    found = select(audit_heads).where(c.purpose == purpose.value, c.number > after)
    return tuple(_head(row) for row in connection.execute(found.order_by(c.number).limit(most)))


def count_kept(connection: Connection) -> int:
    """Return how many entries are kept."""
    return connection.execute(select(func.count()).select_from(audit_entries)).scalar_one()


# The register beside it ---------------------------------------------------------------------


def read_floor(connection: Connection) -> int:
    """Return the highest register entry that is older than what the chain has."""
    for what in _FLOORS:
        entry = read_last(connection, what)
        if entry is not None:
            floor = entry.act.details.get("looks", 0)
            return floor if isinstance(floor, int) else 0
    return 0


def read_newest_look(connection: Connection) -> int:
    """Return the number of the newest register entry; 0 when there is none."""
    return connection.execute(select(func.max(register_entries.c.id))).scalar_one_or_none() or 0


# Pruning ------------------------------------------------------------------------------------


def read_prunable(
    connection: Connection, cutoffs: Mapping[Group, float], most: int
) -> SignedHead | None:
    """Return the head up to whose entry everything may go; None when nothing may.

    cutoffs: moments before which entries of each group may go.  most: entries at once, if a head
    stands among so many.
    """
    anchor = read_last_head(connection, Purpose.ANCHOR)
    if anchor is None:
        return None
    last = read_tip(connection).seq
    for group, before in cutoffs.items():
        first = _first_kept(connection, group, before)
        if first is not None:
            last = min(last, first - 1)
    c, begin = audit_heads.c, anchor.head.seq
    heads = select(audit_heads).where(c.purpose == Purpose.HEAD.value, c.seq > begin, c.seq <= last)
    near = heads.where(c.seq <= begin + most).order_by(c.seq.desc()).limit(1)
    row = connection.execute(near).first()
    row = row or connection.execute(heads.order_by(c.seq).limit(1)).first()
    return None if row is None else _head(row)


def _first_kept(connection: Connection, group: Group, before: float) -> int | None:
    """Return the first entry of *group* that may not go."""
    c = audit_entries.c
    kinds = [what for what, kind in ACTS.items() if kind.group is Group.REGISTER]
    among = c.what.in_(kinds) if group is Group.REGISTER else c.what.not_in(kinds)
    found = select(c.seq).where(among, c.wall >= before).order_by(c.seq).limit(1)
    return connection.execute(found).scalar_one_or_none()


def read_last_look(connection: Connection, seq: int) -> int:
    """Return the highest register entry that began up to entry *seq*; 0 for none."""
    c = audit_entries.c
    found = select(c.details).where(c.what == "look-begun", c.seq <= seq)
    text = connection.execute(found.order_by(c.seq.desc()).limit(1)).scalar_one_or_none()
    number = read_details(text or "").get("entry", 0)
    return number if isinstance(number, int) else 0


def prune(connection: Connection, anchor: SignedHead) -> int:
    """Remove what stands behind *anchor*, which is signed for it; return how many entries went."""
    add_head(connection, anchor)
    head = anchor.head
    gone = connection.execute(delete(audit_entries).where(audit_entries.c.seq <= head.seq))
    c = audit_heads.c
    connection.execute(
        delete(audit_heads).where(c.purpose == Purpose.HEAD.value, c.number <= head.number)
    )
    return gone.rowcount


# Rows as values -----------------------------------------------------------------------------


def _entry(row: Row[Any]) -> Entry:
    act = Act(
        row.what,
        row.person_id,
        row.person,
        row.unit,
        row.address,
        row.object,
        row.outcome,
        read_details(row.details),
    )
    return Entry(row.seq, row.wall, act, row.digest)


def read_details(text: str) -> dict[str, Any]:
    """Return what stands in the column of details; nothing where somebody spoilt it."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _head(row: Row[Any]) -> SignedHead:
    return SignedHead(
        Head(
            Purpose(row.purpose),
            row.node,
            row.number,
            row.seq,
            row.digest,
            row.wall,
            row.kept,
            row.run,
            row.lasted,
        ),
        row.signature,
    )
