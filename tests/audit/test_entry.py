import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.audit.entry import (
    ACTS,
    DETAILS,
    Act,
    Actor,
    Group,
    Outcome,
    clean,
    clean_text,
    encode,
    encode_act,
)
from tongshi.errors import Invalid

TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)
VALUE = st.one_of(
    TEXT,
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15),
    st.booleans(),
    st.none(),
)
ACT = st.builds(
    Act,
    st.sampled_from(sorted(ACTS)),
    st.none() | st.integers(1, 10**6),
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    st.sampled_from([outcome.value for outcome in Outcome]),
    st.dictionaries(TEXT, VALUE, max_size=4),
)


@given(ACT)
def test_what_is_kept_has_bounds_and_one_form(act: Act) -> None:
    kept = clean(act)
    for text in (kept.person, kept.unit, kept.object):
        assert len(text) <= 200
        assert unicodedata.is_normalized("NFC", text)
        assert "\0" not in text
        text.encode("utf-8")
    assert len(kept.address) <= 64
    assert clean(kept) == kept


@given(ACT)
def test_the_bytes_come_back_from_json_as_they_were(act: Act) -> None:
    content = encode_act(7, 1.5, clean(act))
    assert content.isascii()
    values = json.loads(content)
    assert encode(*values[1:]) == content


def test_two_acts_never_have_the_same_bytes() -> None:
    # A separator in one text does not make it another's.
    one = encode_act(1, 1.0, Act("denied", person="a", unit="bc"))
    other = encode_act(1, 1.0, Act("denied", person="ab", unit="c"))
    quoted = encode_act(1, 1.0, Act("denied", person='a","b', unit="c"))
    assert len({one, other, quoted}) == 3


def test_a_name_written_in_two_ways_is_one() -> None:
    assert clean_text("é") == clean_text("é")


def test_what_is_cut_says_so() -> None:
    assert clean_text("字" * 201) == "字" * 199 + "…"
    assert clean_text("字" * 200) == "字" * 200


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (Act("no-such"), "no such kind"),
        (Act("denied", outcome="maybe"), "no such outcome"),
        (Act("denied", details={str(n): n for n in range(DETAILS + 1)}), "details"),
        (Act("denied", details={"x": float("nan")}), "nan"),
        (Act("denied", details={"x": float("inf")}), "inf"),
        (Act("denied", details={"x": 2**54}), "cannot be"),
    ],
)
def test_what_cannot_be_kept_is_refused(act: Act, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        clean(act)


def test_values_that_json_has_no_word_for_are_refused() -> None:
    for wrong in (float("nan"), b"x", object()):
        with pytest.raises(Invalid, match="no entry can have"):
            encode(1, wrong, "denied", None, "", "", "", "", "done", {})


def test_every_kind_has_both_languages() -> None:
    for what, kind in ACTS.items():
        assert kind.zh, what
        assert kind.en, what
        assert len(what) <= 64
        assert not kind.zh.isascii()
    assert {what for what, kind in ACTS.items() if kind.group is Group.REGISTER} == {
        "look-begun",
        "look-ended",
    }


def test_an_actor_s_acts_have_who_and_from_where() -> None:
    actor = Actor(3, "Li", "Office", "::1")
    act = actor.act("trace.begun", "34020000001320000001", Outcome.FAILED, seconds=5)
    assert act == Act(
        "trace.begun",
        3,
        "Li",
        "Office",
        "::1",
        "34020000001320000001",
        "failed",
        {"seconds": 5},
    )
