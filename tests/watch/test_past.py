"""What is usual for an account and for its role."""

from tongshi.watch.past import Usual, usual_hours, usual_of, usual_of_role

CHINA = 8 * 3600.0
EIGHT = [24 * day for day in range(5)]
"""Eight o'clock in China, on five days."""


def test_medians_are_of_hours_and_days_with_looks() -> None:
    looks = dict(zip(EIGHT, (1, 2, 3, 4, 90), strict=True))
    looks[EIGHT[0] + 1] = 5
    assert usual_of(looks, CHINA, settled_days=5) == Usual(hour=3.5, day=4)


def test_little_is_known_of_a_new_account() -> None:
    assert usual_of(dict.fromkeys(EIGHT, 3), CHINA, settled_days=6) == Usual()
    assert usual_of({}, CHINA, settled_days=1) == Usual()


def test_hours_used_on_two_days_are_usual_and_those_beside_them() -> None:
    looks = dict.fromkeys(EIGHT, 1) | {EIGHT[1] + 6: 1, EIGHT[2] + 15: 1, EIGHT[3] + 15: 1}
    assert usual_hours(looks, CHINA) == {7, 8, 9, 22, 23, 0}


def test_a_role_is_the_median_of_the_others() -> None:
    accounts = {1: Usual(1, 10), 2: Usual(2, 20), 3: Usual(30, 300), 4: Usual(), 9: Usual(99, 999)}
    assert usual_of_role(accounts, without=9) == Usual(2, 20)
    assert usual_of_role(accounts, without=1) == Usual(30, 300)


def test_two_others_are_no_role() -> None:
    accounts = {1: Usual(1, 10), 2: Usual(2, 20), 4: Usual(), 9: Usual(99, 999)}
    assert usual_of_role(accounts, without=9) == Usual()
