from sqlalchemy import UniqueConstraint

from tongshi.db.tables import downloads, firmwares, pictures, upgrades


def test_every_file_and_order_names_whom_it_is_from() -> None:
    for table in (downloads, pictures, firmwares, upgrades):
        assert not table.c.person_id.nullable, table.name
        assert [key.target_fullname for key in table.c.person_id.foreign_keys] == ["people.id"]


def test_a_session_of_an_upgrade_is_used_once() -> None:
    unique = [
        [column.name for column in constraint.columns]
        for constraint in upgrades.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    assert unique == [["session_id"]]
