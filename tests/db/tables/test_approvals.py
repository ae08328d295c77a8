from tongshi.db.tables import (
    broken_glass,
    delegates,
    glass_reviews,
    purposes,
    request_decisions,
    requests,
)


def test_every_act_names_whose_it_is() -> None:
    for table in (requests, request_decisions, broken_glass, glass_reviews):
        assert not table.c.person_id.nullable, table.name
        assert [key.target_fullname for key in table.c.person_id.foreign_keys] == ["people.id"]
    assert not delegates.c.giver_id.nullable
    assert not delegates.c.taker_id.nullable


def test_a_step_is_decided_and_glass_reviewed_once() -> None:
    assert [column.name for column in request_decisions.primary_key] == ["request_id", "step"]
    assert [column.name for column in glass_reviews.primary_key] == ["glass_id"]
    assert [column.name for column in purposes.primary_key] == ["code"]
