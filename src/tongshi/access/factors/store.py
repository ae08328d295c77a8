"""The statements of second factors: each code is spent in the transaction that it opens."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from tongshi.db.tables import people, recovery_codes


def write_next(connection: Connection, person_id: int, sealed: str) -> None:
    """Record a secret that is being enrolled."""
    connection.execute(update(people).where(people.c.id == person_id).values(totp_next=sealed))


def write_secret(connection: Connection, person_id: int, sealed: str, step: int) -> None:
    """Put a secret in use.  step: whose code proved it."""
    values = {"totp": sealed, "totp_next": None, "totp_last": step}
    connection.execute(update(people).where(people.c.id == person_id).values(values))


def clear(connection: Connection, person_id: int) -> None:
    """Forget secret and recovery codes of a person."""
    values = {"totp": None, "totp_next": None, "totp_last": None}
    connection.execute(update(people).where(people.c.id == person_id).values(values))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))


def use_step(connection: Connection, person_id: int, step: int) -> bool:
    """Spend the code of *step*; say whether nobody did before."""
    c = people.c
    fresh = or_(c.totp_last.is_(None), c.totp_last < step)
    statement = update(people).where(c.id == person_id, fresh).values(totp_last=step)
    return connection.execute(statement).rowcount == 1


def write_codes(connection: Connection, person_id: int, digests: Iterable[str]) -> None:
    """Replace the recovery codes of a person."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    rows = [{"person_id": person_id, "code_digest": digest} for digest in digests]
    connection.execute(insert(recovery_codes), rows)


def use_code(connection: Connection, person_id: int, digest: str, wall: float) -> bool:
    """Spend a recovery code; say whether it was good."""
    c = recovery_codes.c
    mine = (c.person_id == person_id, c.code_digest == digest, c.used_at.is_(None))
    statement = update(recovery_codes).where(*mine).values(used_at=wall)
    return connection.execute(statement).rowcount == 1


def count_codes(connection: Connection, person_id: int) -> int:
    """Return how many recovery codes a person has left."""
    c = recovery_codes.c
    found = select(func.count()).select_from(recovery_codes)
    return connection.execute(
        found.where(c.person_id == person_id, c.used_at.is_(None))
    ).scalar_one()
