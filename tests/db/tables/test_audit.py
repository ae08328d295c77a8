from tongshi.db.tables import audit_entries, audit_heads, audit_witnessed


def test_places_are_given_by_the_chain_and_not_by_the_store() -> None:
    assert audit_entries.c.seq.primary_key
    assert audit_entries.c.seq.autoincrement is False


def test_nothing_but_the_person_may_be_unknown() -> None:
    unknown = [column.name for column in audit_entries.columns if column.nullable]
    assert unknown == ["person_id"]


def test_a_head_is_known_by_its_purpose_and_number() -> None:
    assert [column.name for column in audit_heads.primary_key] == ["purpose", "number"]


def test_heads_of_others_are_kept_as_they_came() -> None:
    told = {column.name for column in audit_heads.columns} - {"purpose"}
    assert told <= {column.name for column in audit_witnessed.columns}
