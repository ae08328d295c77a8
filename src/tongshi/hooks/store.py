"""The statements of webhooks and their deliveries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from tongshi.db.tables import hook_deliveries, hooks, people
from tongshi.hooks.hook import (
    GAP,
    Delivery,
    Hook,
    HookWish,
    Notice,
    Outcome,
    State,
    encode,
)


def add_hook(
    connection: Connection, wish: HookWish, salt: str, proof: str, made_by: str, wall: float
) -> int:
    """Insert a hook and return its number."""
    statement = insert(hooks).values(
        **_wished(wish),
        salt=salt,
        proof=proof,
        made_at=wall,
        made_by=made_by,
        failures=0,
        next_at=0.0,
        missed=0,
    )
    return int(connection.execute(statement.returning(hooks.c.id)).scalar_one())


def write_hook(connection: Connection, hook_id: int, wish: HookWish) -> None:
    """Change a hook, and have it tried at once."""
    values = {**_wished(wish), "failures": 0, "next_at": 0.0}
    connection.execute(update(hooks).where(hooks.c.id == hook_id).values(values))


def write_secret(connection: Connection, hook_id: int, salt: str, proof: str) -> None:
    """Record what a new secret is made from."""
    values = {"salt": salt, "proof": proof}
    connection.execute(update(hooks).where(hooks.c.id == hook_id).values(values))


def remove_hook(connection: Connection, hook_id: int, wall: float) -> None:
    """Have a hook tell nothing more; what waited is given up."""
    connection.execute(update(hooks).where(hooks.c.id == hook_id).values(removed_at=wall))
    c = hook_deliveries.c
    waiting = update(hook_deliveries).where(c.hook_id == hook_id, c.state == State.WAITING.value)
    connection.execute(waiting.values(state=State.GIVEN_UP.value, why="removed"))


def read_hooks(connection: Connection) -> tuple[Hook, ...]:
    """Return the hooks that are not removed, by number."""
    found = _hooks().order_by(hooks.c.id)
    return tuple(_hook(row) for row in connection.execute(found))


def read_hook(connection: Connection, hook_id: int) -> Hook | None:
    """Return a hook that is not removed."""
    row = connection.execute(_hooks().where(hooks.c.id == hook_id)).first()
    return None if row is None else _hook(row)


def count_waiting(connection: Connection, hook_id: int) -> int:
    """Return how many deliveries of a hook wait."""
    c = hook_deliveries.c
    found = select(func.count()).select_from(hook_deliveries)
    return connection.execute(
        found.where(c.hook_id == hook_id, c.state == State.WAITING.value)
    ).scalar_one()


def add_notice(
    connection: Connection, hook_id: int, notice: Notice, again_of: int | None = None
) -> int:
    """Have a hook tell *notice* after all that waits, and return the delivery's number."""
    return add_body(connection, hook_id, notice, encode(notice.body), again_of)


def add_body(
    connection: Connection, hook_id: int, notice: Notice, body: str, again_of: int | None = None
) -> int:
    """Have a hook tell *body*; the rest is as *notice* says."""
    statement = insert(hook_deliveries).values(
        hook_id=hook_id,
        topic=notice.topic,
        device_id=notice.device_id,
        channel_id=notice.channel_id,
        body=body,
        made_at=notice.at,
        again_of=again_of,
        state=State.WAITING.value,
        tries=0,
        why="",
        detail="",
        answer="",
    )
    return int(connection.execute(statement.returning(hook_deliveries.c.id)).scalar_one())


def miss(connection: Connection, hook_id: int, count: int, since: float) -> None:
    """Count notices of a hook for which there was no room."""
    c = hooks.c
    values = {"missed": c.missed + count, "missed_since": func.coalesce(c.missed_since, since)}
    connection.execute(update(hooks).where(c.id == hook_id).values(values))


def tell_gap(connection: Connection, hook: Hook, wall: float) -> None:
    """Have a hook tell what it missed, after all that waits, and begin to count anew."""
    body = {"missed": hook.missed, "since": hook.missed_since, "until": wall}
    add_notice(connection, hook.id, Notice(GAP, "", "", body, wall))
    values = {"missed": 0, "missed_since": None}
    connection.execute(update(hooks).where(hooks.c.id == hook.id).values(values))


def add_notices(
    connection: Connection,
    hook: Hook,
    notices: Sequence[Notice],
    most: int,
    wall: float,
) -> int:
    """Have *hook* tell *notices* as far as there is room for *most*; return how many.

    Once something had no room, the queue must have become shorter by a quarter before it takes
    more: else every other delivery would tell of a gap.
    """
    waiting = count_waiting(connection, hook.id)
    if hook.missed and waiting <= most * 3 // 4:
        tell_gap(connection, hook, wall)
        waiting += 1
    elif hook.missed:
        most = 0
    taken = notices[: max(0, most - waiting)]
    for notice in taken:
        add_notice(connection, hook.id, notice)
    left = notices[len(taken) :]
    if left:
        miss(connection, hook.id, len(left), left[0].at)
    return len(taken)


def read_next(connection: Connection, hook_id: int) -> Delivery | None:
    """Return the delivery of a hook that has waited longest."""
    c = hook_deliveries.c
    found = select(hook_deliveries).where(c.hook_id == hook_id, c.state == State.WAITING.value)
    row = connection.execute(found.order_by(c.id).limit(1)).first()
    return None if row is None else _delivery(row)


def read_delivery(connection: Connection, hook_id: int, delivery_id: int) -> Delivery | None:
    """Return a delivery of a hook."""
    c = hook_deliveries.c
    found = select(hook_deliveries).where(c.hook_id == hook_id, c.id == delivery_id)
    row = connection.execute(found).first()
    return None if row is None else _delivery(row)


def write_attempt(
    connection: Connection,
    delivery_id: int,
    tries: int,
    state: State,
    outcome: Outcome,
    wall: float,
) -> None:
    """Record how the attempt number *tries* went, and where the delivery stands then."""
    c = hook_deliveries.c
    values = {
        "state": state.value,
        "tries": tries,
        "tried_at": wall,
        "status": outcome.status,
        "why": outcome.why,
        "detail": outcome.detail,
        "answer": outcome.answer,
    }
    connection.execute(update(hook_deliveries).where(c.id == delivery_id).values(values))


def withhold(connection: Connection, delivery_id: int) -> None:
    """Record that a delivery is not made: its owner may not know of it any more."""
    statement = update(hook_deliveries).where(hook_deliveries.c.id == delivery_id)
    connection.execute(statement.values(state=State.WITHHELD.value, why="scope"))


def write_standing(connection: Connection, hook_id: int, failures: int, next_at: float) -> None:
    """Record failures in a row, and when the hook is tried next."""
    values = {"failures": failures, "next_at": next_at}
    connection.execute(update(hooks).where(hooks.c.id == hook_id).values(values))


def page_deliveries(
    connection: Connection, hook_id: int, state: State | None, number: int, size: int
) -> tuple[tuple[Delivery, ...], int]:
    """Return a page of a hook's deliveries, newest first, and the count of all that match."""
    c = hook_deliveries.c
    where = [c.hook_id == hook_id]
    if state is not None:
        where.append(c.state == state.value)
    counted = select(func.count()).select_from(hook_deliveries).where(*where)
    found = (
        select(hook_deliveries)
        .where(*where)
        .order_by(c.id.desc())
        .limit(size)
        .offset((number - 1) * size)
    )
    rows = tuple(_delivery(row) for row in connection.execute(found))
    return rows, connection.execute(counted).scalar_one()


def forget_old(connection: Connection, before: float) -> int:
    """Remove deliveries that are over and older than *before*; return how many."""
    c = hook_deliveries.c
    old = delete(hook_deliveries).where(c.state != State.WAITING.value, c.made_at < before)
    return connection.execute(old).rowcount


def _wished(wish: HookWish) -> dict[str, object]:
    return {
        "owner_id": wish.owner_id,
        "name": wish.name,
        "url": wish.url,
        "topics": " ".join(sorted(wish.topics)),
        "paused": wish.paused,
    }


def _hooks() -> Select[Any]:
    return (
        select(hooks, people.c.shown.label("owner"))
        .join(people, people.c.id == hooks.c.owner_id)
        .where(hooks.c.removed_at.is_(None))
    )


def _hook(row: Row[Any]) -> Hook:
    return Hook(
        row.id,
        row.owner_id,
        row.owner,
        row.name,
        row.url,
        frozenset(row.topics.split()),
        row.salt,
        row.proof,
        row.paused,
        row.made_at,
        row.made_by,
        row.failures,
        row.next_at,
        row.missed,
        row.missed_since,
    )


def _delivery(row: Row[Any]) -> Delivery:
    tried = row.tried_at is not None
    return Delivery(
        row.id,
        row.hook_id,
        row.topic,
        row.device_id,
        row.channel_id,
        row.body,
        row.made_at,
        State(row.state),
        row.tries,
        row.tried_at,
        Outcome(row.status, row.why, row.detail, row.answer) if tried or row.why else None,
        row.again_of,
    )
