from dataclasses import replace

import pytest

from tongshi.access.accounts.terms import OPEN_TERMS, Terms, check_terms, differ, tell
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.errors import Invalid

LI = Person(1, "li", "Li", "Unit", Role.OPERATOR, must_change=False, disabled=False)


@pytest.mark.parametrize("role", Role)
def test_a_contractor_has_an_end(role: Role) -> None:
    check_terms(role, Terms(ends_at=100.0), 50.0)
    if role is Role.CONTRACTOR:
        with pytest.raises(Invalid, match="end date"):
            check_terms(role, OPEN_TERMS, 50.0)
    else:
        check_terms(role, OPEN_TERMS, 50.0)


def test_a_training_has_been() -> None:
    check_terms(Role.OPERATOR, Terms(trained_at=50.0), 50.0)
    with pytest.raises(Invalid) as caught:
        check_terms(Role.CONTRACTOR, Terms(trained_at=51.0), 50.0)
    assert len(caught.value.faults) == 2


def test_what_changed_is_told_as_it_was_and_is() -> None:
    after = replace(LI, role=Role.OWNER, ends_at=9.0)
    assert differ(tell(LI), tell(after)) == {
        "name": "li",
        "role.before": "operator",
        "role": "owner",
        "ends_at.before": None,
        "ends_at": 9.0,
    }
    assert differ(tell(LI), tell(LI)) == {"name": "li"}
