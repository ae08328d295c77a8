import pytest

from tongshi.access.permission import GRANTED, Permission, Role, allows


def test_every_role_has_its_row() -> None:
    assert GRANTED.keys() == set(Role)


def test_an_operator_looks_and_an_administrator_manages() -> None:
    assert allows(Role.OPERATOR, Permission.SEE_LIVE, must_change=False)
    assert not allows(Role.OPERATOR, Permission.MANAGE_PEOPLE, must_change=False)
    assert allows(Role.ADMINISTRATOR, Permission.MANAGE_PEOPLE, must_change=False)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_with_a_generated_password_only_the_own_account_is_open(
    role: Role, permission: Permission
) -> None:
    own = permission is Permission.OWN_ACCOUNT
    assert allows(role, permission, must_change=True) is own
    assert permission in GRANTED[Role.ADMINISTRATOR]
