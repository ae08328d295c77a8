from dataclasses import replace

from tongshi.access.identity import Person, Rules, Session, Way
from tongshi.access.permission import Role
from tongshi.access.signin.step import Awaited, crowded, elsewhere

LI = Person(1, "li", "Li", "", Role.OPERATOR, must_change=False, disabled=False)
ONE = Session("a", LI, 0.0, 10.0, 1000.0, "192.0.2.1")
TWO = replace(ONE, digest="b", used_at=30.0, address="192.0.2.2")
SAME = replace(ONE, digest="c", used_at=20.0, address="192.0.2.2")
OLD = replace(ONE, digest="d", used_at=40.0, ends_at=50.0, address="192.0.2.4")
ALL = (ONE, TWO, SAME, OLD)
RULES = Rules(idle=500.0, addresses=2)


def test_a_step_holds_for_a_while_and_for_one_place() -> None:
    step = Awaited(1, Way.PHRASE, 100.0, "192.0.2.1")
    assert step.holds(99.0, "192.0.2.1")
    assert not step.holds(100.0, "192.0.2.1")
    assert not step.holds(99.0, "192.0.2.2")


def test_other_places_are_told_the_latest_first() -> None:
    assert elsewhere((ONE, TWO, SAME), "192.0.2.9") == ["192.0.2.2", "192.0.2.1"]
    assert elsewhere((ONE, TWO, SAME), "192.0.2.2") == ["192.0.2.1"]
    assert elsewhere((), "192.0.2.2") == []


def test_beyond_the_bound_the_place_used_longest_ago_ends() -> None:
    assert crowded(ALL, "192.0.2.9", 60.0, RULES) == (ONE,)
    assert crowded(ALL, "192.0.2.2", 60.0, RULES) == ()
    assert crowded(ALL, "192.0.2.9", 60.0, replace(RULES, addresses=1)) == (ONE, TWO, SAME)
    assert crowded(ALL, "192.0.2.9", 60.0, replace(RULES, addresses=3)) == ()
