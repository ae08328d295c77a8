import json

from tongshi.access.cover import MOST, Cover, Shape, is_broad, spread
from tongshi.access.grant import Camera, Selector


def divisions(*codes: str) -> Selector:
    return Selector(divisions=frozenset(codes))


def test_many_selectors_of_a_kind_are_one_group() -> None:
    cover = Cover.of(divisions(f"3402{number:02}") for number in range(50))
    (group,) = cover.groups
    assert group.shape == Shape(6)
    assert len(json.loads(group.listed)) == 50
    assert cover.holds(Camera("d", "c", "34020001"))
    assert not cover.holds(Camera("d", "c", "3403"))


def test_a_group_of_several_fields_has_a_key_for_each_combination() -> None:
    selector = Selector(
        divisions=frozenset({"34", "3501"}),
        classes=frozenset({"I", "II"}),
        tags=frozenset({"a"}),
        devices=frozenset({"d"}),
    )
    keys = sorted(spread(selector))
    assert [shape.division for shape, _ in keys] == [2, 2, 4, 4]
    assert keys[0][1] == ("34", "I", "d", "a")
    cover = Cover.of([selector])
    assert json.loads(cover.groups[0].listed) == [["34", "I", "d", "a"], ["34", "II", "d", "a"]]
    assert cover.holds(Camera("d", "c", "3402", "II", tags=frozenset({"a", "b"})))
    assert not cover.holds(Camera("d", "c", "3402", "II"))


def test_cameras_are_pairs_and_stand_for_their_devices() -> None:
    pairs = frozenset({("d", "c"), ("e", "c")})
    assert [key for _, key in spread(Selector(cameras=pairs, devices=frozenset({"d"})))] == [
        ("d", "c")
    ]
    assert not Cover.of([Selector(cameras=pairs, devices=frozenset({"x"}))]).groups
    fields = Selector(sectors=frozenset({"s"}), units=frozenset({"u"}), cameras=pairs)
    assert Cover.of([fields]).holds(Camera("e", "c", sector="s", unit="u"))
    assert not Cover.of([fields]).holds(Camera("e", "c", sector="s"))


def test_what_a_division_covers_is_left_out_below_it() -> None:
    inner = Selector(divisions=frozenset({"340201"}), classes=frozenset({"I"}))
    cover = Cover.of([divisions("34"), divisions("3402", "3501"), inner, divisions("340201")])
    assert [(group.shape, sorted(group.keys)) for group in cover.groups] == [
        (Shape(2), [("34",)]),
        (Shape(4), [("3501",)]),
    ]


def test_everything_and_nothing() -> None:
    assert Cover().empty
    assert not Cover().holds(Camera("d", "c"))
    whole = Cover.of([divisions("34"), Selector(everything=True)])
    assert whole == Cover(everything=True)
    assert whole.holds(Camera("d", "c"))
    assert not whole.empty


def test_what_makes_too_many_keys_stands_by_itself() -> None:
    many = frozenset(str(number) for number in range(MOST // 2 + 1))
    broad = Selector(classes=frozenset({"I", "II"}), units=many)
    assert is_broad(broad)
    cover = Cover.of([broad])
    assert cover.broad == (broad,)
    assert cover.holds(Camera("d", "c", klass="I", unit="7"))
    assert not cover.holds(Camera("d", "c", klass="I", unit="x"))
    assert not Cover.of([broad], broad=False).broad
