from sqlalchemy import Integer

from tongshi.db.tables import metadata


def test_every_table_has_a_key_and_every_index_a_name() -> None:
    for table in metadata.sorted_tables:
        assert list(table.primary_key), table.name
        assert all(index.name for index in table.indexes), table.name


def test_numbers_of_records_are_never_given_twice() -> None:
    """A deleted last row must not lend its number to the next: records name each other.

    Numbers that are given with the row, as those of the audit chain, are counted elsewhere.
    """
    for table in metadata.sorted_tables:
        key = list(table.primary_key)
        numbered = len(key) == 1 and isinstance(key[0].type, Integer) and not key[0].foreign_keys
        if numbered and key[0].autoincrement is not False:
            assert table.dialect_options["sqlite"]["autoincrement"], table.name
