import pytest

from tongshi.approvals.purpose import (
    DEFAULTS,
    LONGEST,
    Purpose,
    Reason,
    Stated,
    check_second,
    read_reason,
    split_purpose,
)
from tongshi.errors import Invalid

KNOWN = {purpose.code: purpose for purpose in DEFAULTS}


def test_the_first_rows_are_those_of_before() -> None:
    first = [purpose.code for purpose in DEFAULTS[:6]]
    assert first == ["patrol", "alarm", "duty", "maintenance", "request", "other"]
    assert all(not (each.case or each.approval or each.second) for each in DEFAULTS[:6])
    assert [each.order for each in DEFAULTS] == sorted(each.order for each in DEFAULTS)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ("patrol", "patrol", ""),
        ("  patrol ", "patrol", ""),
        ("lost child", "other", "lost child"),
        ("other: lost  child", "other", "lost child"),
        ("case: theft: of bicycles", "case", "theft: of bicycles"),
        ("nothing: known", "other", "nothing: known"),
        ("other", "other", ""),
    ],
)
def test_a_purpose_is_a_code_or_words_or_both(given: str, code: str, words: str) -> None:
    assert split_purpose(given, KNOWN) == (code, words)


@pytest.mark.parametrize("given", ["", "  \n", "x" * (LONGEST + 1)])
def test_nothing_or_too_much_is_no_purpose(given: str) -> None:
    with pytest.raises(Invalid):
        split_purpose(given, KNOWN)


def test_what_is_stated_is_read_back() -> None:
    for words in ("", "a: b"):
        reason = Reason("case", words)
        assert split_purpose(reason.stated, KNOWN) == ("case", words)


def test_everything_that_lacks_is_told_at_once() -> None:
    strict = Purpose("raid", "搜查", "Raid", case=True, second=True, text=True)
    with pytest.raises(Invalid) as caught:
        read_reason({"raid": strict}, Stated("raid"))
    assert len(caught.value.faults) == 3
    purpose, reason = read_reason({"raid": strict}, Stated("raid: at dawn", " A  1 ", " li "))
    assert purpose is strict
    assert reason == Reason("raid", "at dawn", "A 1", "li")


@pytest.mark.parametrize("case", ["x" * 65, "a\x00b"])
def test_a_case_number_is_short_and_printable(case: str) -> None:
    with pytest.raises(Invalid, match="case number"):
        read_reason(KNOWN, Stated("case", case))


def test_words_alone_need_words() -> None:
    with pytest.raises(Invalid, match="words"):
        read_reason(KNOWN, Stated("other"))


def test_a_retired_purpose_is_stated_no_more() -> None:
    retired = {"patrol": Purpose("patrol", "巡查", "Patrol", retired=True)}
    with pytest.raises(Invalid, match="any more"):
        read_reason(retired, Stated("patrol"))
    with pytest.raises(Invalid, match="any more"):
        read_reason(retired, Stated("words, without a purpose for them"))


def test_nobody_is_his_own_second() -> None:
    check_second(1, 2)
    with pytest.raises(Invalid):
        check_second(1, 1)


@pytest.mark.parametrize(
    ("code", "title", "order"),
    [
        ("", "x", 0),
        ("A", "x", 0),
        ("1a", "x", 0),
        ("a", " ", 0),
        ("a", "x" * 65, 0),
        ("a", "x", -1),
    ],
)
def test_a_purpose_has_a_code_titles_and_a_place(code: str, title: str, order: int) -> None:
    with pytest.raises(Invalid):
        Purpose(code, title, title, order=order)
    assert Purpose("a-1", "甲", "A").title("zh") == "甲"
    assert Purpose("a-1", "甲", "A").title("en") == "A"
