from dataclasses import replace

import pytest

from tongshi.access.identity import Person, Session, digest_token
from tongshi.access.permission import Role
from tongshi.api.bond import bind_nobody, binding, is_here
from tongshi.gateway.tickets import ANYBODY, Bond
from tongshi.settings import AccessSettings

HERE = ["127.0.0.1", "::1", "", "nonsense"]


@pytest.mark.parametrize("address", HERE)
def test_an_address_of_this_machine_tells_nothing(address: str) -> None:
    assert is_here(address)


def test_others_are_told_apart() -> None:
    assert not is_here("192.0.2.1")
    assert not is_here("fe80::1%eth0")


def test_what_is_asked_for_is_bound_to_the_sign_in_and_to_the_address() -> None:
    digest = digest_token("t")
    person = Person(1, "li", "Li", "U", Role.OPERATOR, must_change=False, disabled=False)
    session = Session(digest, person, 0.0, 0.0, 9.0, "")
    bind = binding(AccessSettings())
    assert bind(session, "192.0.2.1") == Bond(digest, "192.0.2.1")
    assert bind(session, "127.0.0.1") == Bond(digest, "")
    assert bind(replace(session, digest="token:7"), "192.0.2.1") == Bond("", "192.0.2.1")
    off = binding(AccessSettings(bind_session=False, bind_address=False))
    assert off(session, "192.0.2.1") == ANYBODY == bind_nobody(session, "192.0.2.1")
