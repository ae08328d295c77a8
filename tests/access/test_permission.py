from itertools import combinations

import pytest

from tongshi.access.permission import (
    COMMON,
    GRANTED,
    PICTURES,
    Permission,
    Role,
    allows,
)


def test_every_role_has_its_line() -> None:
    assert GRANTED.keys() == set(Role)
    assert all(GRANTED[role] >= COMMON for role in Role)


def test_rights_follow_the_table() -> None:
    assert allows(Role.OPERATOR, Permission.SEE_LIVE, held=False)
    assert not allows(Role.OPERATOR, Permission.MANAGE_PEOPLE, held=False)
    assert allows(Role.SECURITY, Permission.MANAGE_PEOPLE, held=False)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_somebody_who_is_held_may_only_change_the_own_account(
    role: Role, permission: Permission
) -> None:
    assert allows(role, permission, held=True) is (permission is Permission.OWN_ACCOUNT)


@pytest.mark.parametrize(
    ("one", "other"), list(combinations([Role.SYSTEM, Role.SECURITY, Role.AUDIT], 2))
)
def test_no_administrator_can_do_the_work_of_another(one: Role, other: Role) -> None:
    assert GRANTED[one] & GRANTED[other] == COMMON


@pytest.mark.parametrize(
    "role", [Role.SYSTEM, Role.SECURITY, Role.AUDIT, Role.CONTRACTOR, Role.OWNER]
)
def test_none_of_these_sees_a_picture(role: Role) -> None:
    assert not GRANTED[role] & PICTURES


def test_each_right_is_somebodys_and_no_role_has_them_all() -> None:
    assert set().union(*GRANTED.values()) == set(Permission)
    assert all(GRANTED[role] < set(Permission) for role in Role)
    # A program never has a right that no person beside it has.
    assert GRANTED[Role.SERVICE] <= GRANTED[Role.OPERATOR]
