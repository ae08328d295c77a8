from collections.abc import Callable
from dataclasses import replace

import pytest

from tongshi.access.grant import (
    DAY,
    LONGEST_NOTE,
    Camera,
    Decision,
    Grant,
    Help,
    Hours,
    Reason,
    Right,
    Selector,
    Subject,
    SubjectKind,
    Window,
    Wish,
    decide,
    party_of,
)
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.errors import Invalid

ME = Subject(SubjectKind.PERSON, "7")
PARTY = frozenset({ME})
WHOLE = Selector(everything=True)
CAMERA = Camera("d", "c", "340201", "I", "school", "Unit", frozenset({"gate", "north"}))
NOON = Wish(Right.LIVE, 1000.0, 720, 2)
GRANT = Grant(1, ME, frozenset({Right.LIVE, Right.PLAYBACK}), WHOLE)


def asked(*grants: Grant, wish: Wish = NOON) -> Decision:
    return decide(grants, PARTY, CAMERA, wish)


def test_who_somebody_is() -> None:
    person = Person(7, "li", "Li", "", Role.OPERATOR, must_change=False, disabled=False)
    assert party_of(person) == {ME, Subject(SubjectKind.ROLE, "operator")}
    assert Subject(SubjectKind.UNIT, "Unit") in party_of(replace(person, unit="Unit"))


@pytest.mark.parametrize("value", ["", "x" * 129])
def test_a_grant_is_for_somebody(value: str) -> None:
    with pytest.raises(Invalid):
        Subject(SubjectKind.UNIT, value)


def test_nobody_is_granted_anything_by_itself() -> None:
    nothing = Decision(False, Reason.NOTHING, helps=(Help(Reason.NOTHING, None),))
    assert asked() == nothing
    assert asked(replace(GRANT, subject=Subject(SubjectKind.UNIT, "other"))) == nothing


def test_a_grant_allows_what_it_names_and_to_know_of_the_camera() -> None:
    assert asked(GRANT) == Decision(True, Reason.GRANTED, 1, "hand")
    assert asked(GRANT, wish=replace(NOON, right=Right.SEE)).allowed
    refused = asked(GRANT, wish=replace(NOON, right=Right.TALK))
    assert refused.reason is Reason.RIGHT
    assert refused.helps == (Help(Reason.RIGHT, 1), Help(Reason.NOTHING, None))


def test_a_denial_wins_and_one_of_sight_denies_everything() -> None:
    denial = replace(GRANT, id=2, rights=frozenset({Right.LIVE}), deny=True)
    assert asked(GRANT, denial) == Decision(False, Reason.DENIED, 2, "hand")
    assert asked(GRANT, denial, wish=replace(NOON, right=Right.PLAYBACK)).allowed
    assert asked(GRANT, denial, wish=replace(NOON, right=Right.SEE)).allowed
    blind = replace(denial, rights=frozenset({Right.SEE}))
    assert asked(GRANT, blind).reason is Reason.DENIED
    assert asked(GRANT, replace(blind, revoked_at=1.0)).allowed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"since": 1001.0}, Reason.BEGINS),
        ({"since": 1000.0}, None),
        ({"until": 1000.0}, Reason.EXPIRED),
        ({"until": 1000.5}, None),
        ({"revoked_at": 999.0}, Reason.NOTHING),
        ({"hours": Hours((Window(frozenset({2}), 700, 720),))}, Reason.HOURS),
        ({"hours": Hours((Window(frozenset({2}), 720, 721),))}, None),
        ({"purposes": frozenset({"alarm"})}, Reason.PURPOSE),
        ({"purposes": frozenset({"patrol"})}, None),
    ],
)
def test_what_bounds_a_grant(change: dict[str, object], reason: Reason | None) -> None:
    wish = replace(NOON, purpose="patrol")
    make: Callable[..., Grant] = replace
    found = asked(make(GRANT, **change), wish=wish)
    assert found.allowed is (reason is None)
    assert found.reason is (reason or Reason.GRANTED)


def test_where_no_purpose_is_asked_for_grants_count_and_denials_do_not() -> None:
    bound = replace(GRANT, purposes=frozenset({"patrol"}))
    assert asked(bound).allowed
    denial = replace(bound, id=2, deny=True)
    assert asked(GRANT, denial).allowed
    assert not asked(GRANT, denial, wish=replace(NOON, purpose="patrol")).allowed


def test_footage_may_be_so_old_and_no_older() -> None:
    week = replace(GRANT, footage_age=600.0)
    back = replace(NOON, right=Right.PLAYBACK, oldest_footage=400.0)
    assert asked(week, wish=back).allowed
    assert asked(week, wish=replace(back, oldest_footage=399.0)).reason is Reason.AGE
    assert asked(week, wish=replace(back, right=Right.LIVE, oldest_footage=1.0)).allowed


def test_a_purpose_that_wants_an_approval_rests_on_one() -> None:
    wish = replace(NOON, approved=True)
    assert asked(GRANT, wish=wish).reason is Reason.APPROVAL
    approval = replace(GRANT, id=9, origin="approval:3")
    found = asked(GRANT, approval, wish=wish)
    assert found == Decision(True, Reason.GRANTED, 9, "approval:3")
    assert found.approval_id == 3
    assert replace(found, origin="break-glass:4").approval_id is None
    assert asked(GRANT, approval).grant_id == 9  # the narrower one is named


def test_the_nearest_help_comes_first() -> None:
    late = replace(GRANT, id=2, hours=Hours((Window(frozenset({2}), 0, 10),)))
    talk = replace(GRANT, id=3, rights=frozenset({Right.TALK}))
    more = [replace(talk, id=number) for number in (4, 5, 6)]
    found = asked(talk, late, *more)
    assert found.helps[0] == Help(Reason.HOURS, 2)
    assert len(found.helps) == 4


@pytest.mark.parametrize(
    "selector",
    [
        Selector(divisions=frozenset({"34"})),
        Selector(divisions=frozenset({"35", "340201"}), classes=frozenset({"I", "II"})),
        Selector(sectors=frozenset({"school"}), units=frozenset({"Unit"})),
        Selector(tags=frozenset({"north", "south"})),
        Selector(cameras=frozenset({("d", "c")})),
        Selector(devices=frozenset({"d"}), cameras=frozenset({("d", "c")})),
        WHOLE,
    ],
)
def test_what_a_selector_covers(selector: Selector) -> None:
    assert selector.covers(CAMERA)
    assert selector.covers(Camera("e", "f")) is selector.everything


@pytest.mark.parametrize(
    "selector",
    [
        Selector(),
        Selector(divisions=frozenset({"3402"}), classes=frozenset({"II"})),
        Selector(divisions=frozenset({"34020101"})),
        Selector(devices=frozenset({"e"}), cameras=frozenset({("d", "c")})),
    ],
)
def test_what_it_does_not(selector: Selector) -> None:
    assert not selector.covers(CAMERA)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Selector(divisions=frozenset({"340"})),
        lambda: Selector(divisions=frozenset({"3x"})),
        lambda: Selector(tags=frozenset({""})),
        lambda: Selector(cameras=frozenset({("d", "")})),
        lambda: Selector(everything=True, tags=frozenset({"a"})),
        lambda: Window(frozenset()),
        lambda: Window(frozenset({7})),
        lambda: Window(frozenset({0}), DAY),
        lambda: Window(frozenset({0}), 0, 0),
        lambda: replace(GRANT, rights=frozenset()),
        lambda: replace(GRANT, selector=Selector()),
        lambda: replace(GRANT, since=2.0, until=2.0),
        lambda: replace(GRANT, footage_age=0.0),
        lambda: replace(GRANT, deny=True, footage_age=5.0),
        lambda: replace(GRANT, note="x" * (LONGEST_NOTE + 1)),
    ],
)
def test_what_is_none_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(Invalid):
        make()


def test_a_window_over_midnight() -> None:
    night = Window(frozenset({6}), 1320, 360)
    assert night.holds(6, 1320)
    assert night.holds(0, 359)
    assert not night.holds(6, 359)
    assert not night.holds(0, 360)
    assert not night.holds(0, 1400)
    assert Hours().holds(3, 3)
    assert Hours((night, Window(frozenset({3})))).holds(3, 3)
