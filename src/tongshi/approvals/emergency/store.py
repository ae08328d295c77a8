"""The statements of broken glass and its reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update

from tongshi.access.scope import Scope
from tongshi.access.sight.store import visible
from tongshi.approvals.content import Place
from tongshi.approvals.glass import Emergency, Glass, Review, Verdict
from tongshi.approvals.request import Who
from tongshi.db.tables import broken_glass, glass_cameras, glass_reviews


@dataclass(frozen=True, slots=True)
class GlassQuery:
    """Which broken glass, newest first.  open: only what is not reviewed yet."""

    open: bool = False
    number: int = 1
    size: int = 50


def add_glass(connection: Connection, glass: Glass) -> int:
    """Insert broken glass with its cameras and return its number."""
    statement = insert(broken_glass).values(
        person_id=glass.by.id,
        person=glass.by.shown,
        unit=glass.by.unit,
        purpose=glass.why.purpose,
        case_text=glass.why.case,
        reason=glass.why.reason,
        at=glass.at,
        until=glass.until,
        review_by=glass.review_by,
        address=glass.address,
    )
    number = int(connection.execute(statement.returning(broken_glass.c.id)).scalar_one())
    rows = [
        {
            "glass_id": number,
            "device_id": place.device_id,
            "channel_id": place.channel_id,
            "channel": place.channel,
        }
        for place in glass.why.cameras
    ]
    connection.execute(insert(glass_cameras), rows)
    return number


def write_grant(connection: Connection, number: int, grant_id: int) -> None:
    """Record by which grant it gives its rights."""
    changed = update(broken_glass).where(broken_glass.c.id == number)
    connection.execute(changed.values(grant_id=grant_id))


def write_told_overdue(connection: Connection, number: int, wall: float) -> None:
    """Record that the audit was told that its review is overdue."""
    changed = update(broken_glass).where(broken_glass.c.id == number)
    connection.execute(changed.values(told_overdue_at=wall))


def add_review(connection: Connection, number: int, review: Review) -> None:
    """Insert the verdict; there is none yet."""
    connection.execute(
        insert(glass_reviews).values(
            glass_id=number,
            person_id=review.by.id,
            person=review.by.shown,
            unit=review.by.unit,
            verdict=review.verdict.value,
            words=review.words,
            at=review.at,
        )
    )


def read_glass(connection: Connection, number: int) -> Glass | None:
    """Return one; None when there is none."""
    rows = connection.execute(_select().where(broken_glass.c.id == number)).all()
    return next(iter(_glasses(connection, rows)), None)


def read_unreviewed(connection: Connection, person_id: int) -> tuple[Glass, ...]:
    """Return what a person broke that nobody has reviewed yet."""
    where = (broken_glass.c.person_id == person_id, glass_reviews.c.glass_id.is_(None))
    return _glasses(connection, connection.execute(_select().where(*where)).all())


def read_untold(connection: Connection, wall: float) -> tuple[Glass, ...]:
    """Return what is overdue for review at *wall* without the audit being told so."""
    c = broken_glass.c
    where = (
        c.review_by <= wall,
        c.told_overdue_at.is_(None),
        glass_reviews.c.glass_id.is_(None),
    )
    return _glasses(connection, connection.execute(_select().where(*where)).all())


def count_open(connection: Connection) -> int:
    """Return how many wait for their review."""
    found = select(func.count()).select_from(_joined).where(glass_reviews.c.glass_id.is_(None))
    return connection.execute(found).scalar_one()


def page_glass(
    connection: Connection, person_id: int, scope: Scope, query: GlassQuery
) -> tuple[tuple[Glass, ...], int]:
    """Return one page, newest first, and the count of all that match.

    What *person_id* broke, and what was broken for a camera of *scope*.
    """
    c = glass_cameras.c
    seen = select(c.glass_id).where(visible(scope, c.device_id, c.channel_id))
    own = broken_glass.c.person_id == person_id
    where: list[ColumnElement[bool]] = [or_(own, broken_glass.c.id.in_(seen))]
    if query.open:
        where.append(glass_reviews.c.glass_id.is_(None))
    counted = select(func.count()).select_from(_joined).where(*where)
    found = (
        _select()
        .where(*where)
        .order_by(broken_glass.c.id.desc())
        .limit(query.size)
        .offset((query.number - 1) * query.size)
    )
    rows = _glasses(connection, connection.execute(found).all())
    return rows, connection.execute(counted).scalar_one()


_joined = broken_glass.outerjoin(glass_reviews, glass_reviews.c.glass_id == broken_glass.c.id)


def _select() -> Select[Any]:
    r = glass_reviews.c
    return select(
        broken_glass,
        r.person_id.label("reviewer_id"),
        r.person.label("reviewer"),
        r.unit.label("reviewer_unit"),
        r.verdict,
        r.words,
        r.at.label("reviewed_at"),
    ).select_from(_joined)


def _glasses(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Glass, ...]:
    numbers = [row.id for row in rows]
    if not numbers:
        return ()
    cameras: dict[int, list[Place]] = {number: [] for number in numbers}
    c = glass_cameras.c
    listed = select(glass_cameras).where(c.glass_id.in_(numbers))
    for row in connection.execute(listed.order_by(c.device_id, c.channel_id)):
        cameras[row.glass_id].append(Place(row.device_id, row.channel_id, row.channel))
    return tuple(_glass(row, tuple(cameras[row.id])) for row in rows)


def _glass(row: Row[Any], cameras: tuple[Place, ...]) -> Glass:
    review = None
    if row.reviewed_at is not None:
        by = Who(row.reviewer_id, row.reviewer, row.reviewer_unit)
        review = Review(by, Verdict(row.verdict), row.words, row.reviewed_at)
    minutes = (row.until - row.at) / 60.0
    return Glass(
        row.id,
        Who(row.person_id, row.person, row.unit),
        Emergency(row.purpose, row.case_text, row.reason, cameras, minutes),
        row.at,
        row.until,
        row.review_by,
        row.address,
        row.grant_id,
        row.told_overdue_at,
        review,
    )
