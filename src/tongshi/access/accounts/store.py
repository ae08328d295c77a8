"""The statements of accounts."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from tongshi.access.identity import Account, Person
from tongshi.access.permission import Role
from tongshi.db.tables import people


def count_people(connection: Connection) -> int:
    """Return how many accounts there are, closed ones included."""
    return connection.execute(select(func.count()).select_from(people)).scalar_one()


def count_keepers(connection: Connection, without: int) -> int:
    """Return how many administrators of security there are for good, the person *without* apart."""
    c = people.c
    where = (c.role == Role.SECURITY.value, c.disabled_at.is_(None), c.ends_at.is_(None))
    found = select(func.count()).select_from(people).where(*where, c.id != without)
    return connection.execute(found).scalar_one()


def add_person(
    connection: Connection,
    person: Person,
    password: str,
    wall: float,
    until: float | None = None,
) -> int:
    """Insert an account and return its number.

    password: its hash.  until: UNIX time, s, until which a generated password can be used.
    """
    statement = insert(people).values(
        name=person.name,
        shown=person.shown,
        unit=person.unit,
        role=person.role.value,
        password=password,
        must_change=person.must_change,
        made_at=wall,
        password_at=wall,
        password_until=until,
        ends_at=person.ends_at,
        trained_at=person.trained_at,
        certified_until=person.certified_until,
    )
    return int(connection.execute(statement.returning(people.c.id)).scalar_one())


def read_account(connection: Connection, name: str) -> Account | None:
    """Return the account *name*, folded; None when there is none."""
    return _read(connection, people.c.name == name)


def read_account_of(connection: Connection, person_id: int) -> Account | None:
    """Return the account of a person; None when there is none."""
    return _read(connection, people.c.id == person_id)


def read_bound(connection: Connection, oidc: str, email: str) -> Account | None:
    """Return who is bound to an outer identity, else who has its verified *email*, if not empty.

    Who is bound to another identity is not found by the address.
    """
    found = _read(connection, people.c.oidc == oidc)
    if found is not None or not email:
        return found
    return _read(connection, (people.c.email == email) & people.c.oidc.is_(None))


def _read(connection: Connection, where: ColumnElement[bool]) -> Account | None:
    row = connection.execute(select(people).where(where)).first()
    return None if row is None else account_of(row)


def read_people(connection: Connection) -> tuple[Person, ...]:
    """Return everybody, by name."""
    return tuple(
        person_of(row) for row in connection.execute(select(people).order_by(people.c.name))
    )


def read_binding(connection: Connection, person_id: int) -> tuple[str, str]:
    """Return the outer identity and the address by which a person signs in; empty where none."""
    c = people.c
    row = connection.execute(select(c.oidc, c.email).where(c.id == person_id)).one()
    return row.oidc or "", row.email or ""


def write_person(connection: Connection, person: Person) -> None:
    """Record what an administrator says of *person*: all but name, password and state."""
    values: dict[str, object] = {
        "shown": person.shown,
        "unit": person.unit,
        "role": person.role.value,
        "ends_at": person.ends_at,
        "trained_at": person.trained_at,
        "certified_until": person.certified_until,
    }
    connection.execute(update(people).where(people.c.id == person.id).values(values))


def write_binding(connection: Connection, person_id: int, oidc: str, email: str) -> None:
    """Record the outer identity of a person; empty for none."""
    values = {"oidc": oidc or None, "email": email or None}
    connection.execute(update(people).where(people.c.id == person_id).values(values))


def is_taken(connection: Connection, person_id: int, oidc: str, email: str) -> bool:
    """Say whether somebody else is bound to this identity or address."""
    c = people.c
    same = [c.oidc == oidc] if oidc else []
    same += [c.email == email] if email else []
    if not same:
        return False
    found = select(c.id).where(or_(*same), c.id != person_id)
    return connection.execute(found).first() is not None


def write_password(
    connection: Connection,
    person_id: int,
    password: str,
    wall: float,
    *,
    until: float | None,
) -> None:
    """Record a new password's hash.  until: of a generated one, which must be changed."""
    values: dict[str, object] = {
        "password": password,
        "password_at": wall,
        "password_until": until,
        "must_change": until is not None,
    }
    connection.execute(update(people).where(people.c.id == person_id).values(values))


def spend_password(connection: Connection, person_id: int, wall: float) -> bool:
    """Let a generated password open no more; say whether it still did."""
    c = people.c
    statement = update(people).where(c.id == person_id, c.password_until > wall)
    return connection.execute(statement.values(password_until=0.0)).rowcount == 1


def write_rehash(connection: Connection, person_id: int, password: str) -> None:
    """Record the same password under newer parameters."""
    connection.execute(update(people).where(people.c.id == person_id).values(password=password))


def write_disabled(connection: Connection, person_id: int, wall: float | None) -> None:
    """Close an account at *wall*, or open it again with None."""
    connection.execute(update(people).where(people.c.id == person_id).values(disabled_at=wall))


def person_of(row: Row[Any]) -> Person:
    """Return the person of a row of `people`, or of one joined to it."""
    return Person(
        row.id,
        row.name,
        row.shown,
        row.unit,
        Role(row.role),
        row.must_change,
        row.disabled_at is not None,
        row.person_ends_at if "person_ends_at" in row._fields else row.ends_at,
        row.trained_at,
        row.certified_until,
        row.totp is not None,
    )


def account_of(row: Row[Any]) -> Account:
    """Return the account of a row of `people`."""
    person = person_of(row)
    secrets = (row.totp, row.totp_next, row.totp_last)
    return Account(person, row.password, row.password_until, *secrets)
