from dataclasses import replace

from sqlalchemy import Connection

from tongshi.access.scope import NOTHING
from tongshi.approvals.content import Place
from tongshi.approvals.emergency.store import (
    GlassQuery,
    add_glass,
    add_review,
    count_open,
    page_glass,
    read_glass,
    read_unreviewed,
    read_untold,
    write_grant,
    write_told_overdue,
)
from tongshi.approvals.glass import Emergency, Glass, Review, Verdict
from tongshi.approvals.request import Who
from tongshi.testing.house import CAMERAS, DEVICE, House


def glass_of(house: House) -> Glass:
    by = Who(house.people["asker"], "Asker", "Unit 1")
    places = (Place(DEVICE, CAMERAS[0], "东门"), Place(DEVICE, CAMERAS[1], ""))
    why = Emergency("alarm", "110-7", "missing", places, 15.0)
    return Glass(0, by, why, 1000.0, 1900.0, 5000.0, "192.0.2.7")


def test_glass_comes_back_with_all_that_was_said(house: House) -> None:
    glass = glass_of(house)
    auditor = Who(house.people["auditor"], "Auditor", "Audit")
    review = Review(auditor, Verdict.UNCLEAR, "words", 4000.0)

    def write(connection: Connection) -> None:
        number = add_glass(connection, glass)
        assert read_glass(connection, number + 1) is None
        assert read_glass(connection, number) == replace(glass, id=number)
        write_grant(connection, number, 3)
        assert [each.id for each in read_unreviewed(connection, glass.by.id)] == [number]
        assert read_untold(connection, 4999.0) == ()
        assert len(read_untold(connection, 5000.0)) == 1
        write_told_overdue(connection, number, 5001.0)
        assert read_untold(connection, 5002.0) == ()
        assert count_open(connection) == 1
        add_review(connection, number, review)
        whole = replace(glass, id=number, grant_id=3, told_overdue_at=5001.0, review=review)
        assert read_glass(connection, number) == whole
        assert read_unreviewed(connection, glass.by.id) == ()
        assert count_open(connection) == 0
        assert page_glass(connection, glass.by.id, NOTHING, GlassQuery()) == ((whole,), 1)
        assert page_glass(connection, 0, NOTHING, GlassQuery()) == ((), 0)

    house.writer.commit(write)
