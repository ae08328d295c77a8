import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.types import (
    Outcome,
    count,
    digits,
    double,
    open_envelope,
    outcome,
    switch,
    text,
    whole,
    wholes,
    words,
)


@pytest.mark.clause("A.2.1.5")
@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("OK", Outcome.OK),
        (" ok ", Outcome.OK),
        ("Error", Outcome.ERROR),
        ("", Outcome.UNKNOWN),
        ("FINE", Outcome.UNKNOWN),
    ],
)
def test_outcomes(word: str, meaning: Outcome) -> None:
    assert outcome(word) is meaning


@pytest.mark.clause("A.2.1.4")
@pytest.mark.parametrize(
    ("word", "on"),
    [
        ("ON", True),
        ("Online", True),
        ("ok", True),
        ("OFF", False),
        (" offline ", False),
        ("", None),
        ("maybe", None),
    ],
)
def test_switches(word: str, on: bool | None) -> None:
    assert switch(word) is on


def test_texts() -> None:
    assert text(" a b ") == "a b"
    assert text(" null ") == ""


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("0", 0),
        (" 7 ", 7),
        ("-1", -1),
        ("+5", 5),
        ("007", 7),
        ("", None),
        ("null", None),
        ("1.5", None),
        ("-", None),
        ("１", None),
        ("1" * 18, int("1" * 18)),
        ("1" * 19, None),
    ],
)
def test_whole_numbers(word: str, number: int | None) -> None:
    assert whole(word) == number


@pytest.mark.parametrize(
    ("word", "number"),
    [("118.38", 118.38), (" -1 ", -1.0), ("", None), ("NaN", None), ("inf", None), ("x", None)],
)
def test_doubles(word: str, number: float | None) -> None:
    assert double(word) == number


@given(st.text(max_size=24))
def test_any_text_is_a_value_or_nothing(word: str) -> None:
    assert isinstance(whole(word), int | None)
    assert isinstance(double(word), float | None)
    assert isinstance(switch(word), bool | None)
    assert isinstance(outcome(word), Outcome)


@pytest.mark.parametrize(("word", "number"), [("3", 3), ("0", 0), ("-1", None), ("x", None)])
def test_counts(word: str, number: int | None) -> None:
    assert count(word) == number


def test_values_joined_by_a_slash() -> None:
    assert words(" a / b//null") == ("a", "b")
    assert words("") == ()
    assert wholes("1/13/x/-2") == (1, 13, -2)
    assert digits("1/2") == digits("12") == digits("1、2") == (1, 2)


@pytest.mark.clause("A.2.2.1", "A.2.2.2")
def test_an_envelope() -> None:
    tree = parse(
        b"<Query><CmdType> Catalog </CmdType><SN>7</SN><DeviceID>34</DeviceID><Name>null</Name>"
        b"<List><Item/><Item/></List><X>y</X></Query>"
    )
    envelope = open_envelope(tree)
    assert (envelope.cmd_type, envelope.sn, envelope.device_id) == ("Catalog", 7, "34")
    assert envelope.text("name") == ""
    assert envelope.text("absent") == ""
    assert len(envelope.children("list")) == 2
    assert envelope.children("absent") == ()
    assert envelope.rest(frozenset({"name", "list"})) == (Element("X", "y"),)


def test_unknown_attributes_are_kept() -> None:
    envelope = open_envelope(parse(b'<Notify xmlns="urn:x" SN="3" Status="OK"><X>1</X></Notify>'))
    kept = (Element("X", "1"), Element("@xmlns", "urn:x"))
    assert envelope.rest(frozenset({"status"})) == kept


def test_attributes_stand_in_for_children() -> None:
    tree = parse(b'<Notify CmdType="Keepalive" SN="3"><SN>4</SN></Notify>')
    envelope = open_envelope(tree)
    assert (envelope.cmd_type, envelope.sn, envelope.device_id) == ("Keepalive", 4, "")


@pytest.mark.clause("A.2.1.3")
@pytest.mark.parametrize("sn", ["", "-5", "x", "9" * 30])
def test_a_number_that_is_none_is_zero(sn: str) -> None:
    assert open_envelope(parse(f"<Query><SN>{sn}</SN></Query>".encode())).sn == 0


def test_of_two_fields_with_one_name_the_first_counts() -> None:
    tree = parse(b"<Query><DeviceID>1</DeviceID><deviceid>2</deviceid></Query>")
    assert open_envelope(tree).device_id == "1"
