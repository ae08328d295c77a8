"""The statements of heads that others handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from tongshi.audit.head import Head, Purpose, SignedHead
from tongshi.db.tables import audit_witnessed


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A head as it came.  received_at: UNIX time, s.  by: name of the secret that let it in.

    fault: why it disagrees with those before, empty when it does not.
    """

    id: int
    key: str
    signed: SignedHead
    received_at: float
    by: str
    address: str
    fault: str


@dataclass(frozen=True, slots=True)
class Subordinate:
    """A node whose heads are kept.  last: the newest.  heads, faults: how many."""

    node: str
    last: Witnessed
    heads: int
    faults: int


def add_witnessed(connection: Connection, heads: Sequence[Witnessed]) -> None:
    """Insert heads in the order in which they came; their ids are given here."""
    rows = [
        {
            "node": one.signed.head.node,
            "key": one.key,
            "number": one.signed.head.number,
            "seq": one.signed.head.seq,
            "digest": one.signed.head.digest,
            "wall": one.signed.head.wall,
            "kept": one.signed.head.kept,
            "run": one.signed.head.run,
            "lasted": one.signed.head.lasted,
            "signature": one.signed.signature,
            "received_at": one.received_at,
            "by": one.by,
            "address": one.address,
            "fault": one.fault,
        }
        for one in heads
    ]
    if rows:
        connection.execute(insert(audit_witnessed), rows)


def read_last_witnessed(connection: Connection, node: str) -> Witnessed | None:
    """Return the newest head of a node."""
    c = audit_witnessed.c
    found = select(audit_witnessed).where(c.node == node).order_by(c.id.desc()).limit(1)
    row = connection.execute(found).first()
    return None if row is None else _witnessed(row)


def has_other_key(connection: Connection, by: str, node: str) -> bool:
    """Say whether the secret *by* brought heads of another node than *node*."""
    c = audit_witnessed.c
    found = select(c.id).where(c.by == by, c.node != node).limit(1)
    return connection.execute(found).first() is not None


def read_witnessed(
    connection: Connection, node: str, after: int, most: int
) -> tuple[Witnessed, ...]:
    """Return the *most* heads of a node that came after the one with the id *after*."""
    c = audit_witnessed.c
    found = select(audit_witnessed).where(c.node == node, c.id > after).order_by(c.id).limit(most)
    return tuple(_witnessed(row) for row in connection.execute(found))


def read_subordinates(connection: Connection) -> tuple[Subordinate, ...]:
    """Return every node whose heads are kept, by name."""
    c = audit_witnessed.c
    told = func.sum((c.fault != "").cast(c.id.type)).label("faults")
    found = select(c.node, func.count().label("heads"), told, func.max(c.id).label("last"))
    groups = connection.execute(found.group_by(c.node).order_by(c.node)).all()
    last = {
        row.id: _witnessed(row)
        for row in connection.execute(
            select(audit_witnessed).where(c.id.in_([group.last for group in groups]))
        )
    }
    return tuple(
        Subordinate(group.node, last[group.last], group.heads, int(group.faults or 0))
        for group in groups
    )


def forget_witnessed(connection: Connection, before: float) -> int:
    """Remove heads that came before *before*, UNIX time, s; the newest of each node stays."""
    c = audit_witnessed.c
    newest = select(func.max(c.id)).group_by(c.node)
    old = delete(audit_witnessed).where(c.received_at < before, c.id.not_in(newest))
    return connection.execute(old).rowcount


def _witnessed(row: Row[Any]) -> Witnessed:
    head = Head(
        Purpose.HEAD,
        row.node,
        row.number,
        row.seq,
        row.digest,
        row.wall,
        row.kept,
        row.run,
        row.lasted,
    )
    signed = SignedHead(head, row.signature)
    return Witnessed(row.id, row.key, signed, row.received_at, row.by, row.address, row.fault)
