import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.sip.headers import Headers, canonical


def test_names_are_case_blind_and_compact_ones_expanded() -> None:
    headers, broken = Headers.parse(["v: 1", "VIA :2", "cSeQ: 3", "l:4", "X-gb-ver: 3.0", "Odd: 5"])
    assert broken == ""
    assert headers.items() == [
        ("Via", "1"),
        ("Via", "2"),
        ("CSeq", "3"),
        ("Content-Length", "4"),
        ("X-GB-Ver", "3.0"),
        ("Odd", "5"),
    ]
    assert headers.get("V") == "1"
    assert headers.get("vIa") == "1"
    assert headers.get("ODD") == "5"
    assert headers.get("absent") is None
    assert headers.repeated == ["Via"]
    assert "odd" in headers
    assert 7 not in headers
    assert len(headers) == 6
    assert dict(headers)["CSeq"] == "3"


@pytest.mark.parametrize("line", ["no colon", "Via", ": value", "a b: c", ""])
def test_what_is_no_field(line: str) -> None:
    headers, broken = Headers.parse(["Via: 1", line, "again no field"])
    assert broken == (line or " ")
    assert headers.items() == [("Via", "1")]


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("Via", "a, b", ["a", "b"]),
        ("m", '"x,y" <sip:a,b@c> , <sip:d@e>', ['"x,y" <sip:a,b@c>', "<sip:d@e>"]),
        ("Contact", "a,,b,", ["a", "b"]),
        ("Contact", '"open, a', ['"open, a']),
        ("Subject", "a:0,b:0", ["a:0,b:0"]),
        ("Authorization", 'Digest a="1", b="2"', ['Digest a="1", b="2"']),
        ("Unknown", "a, b", ["a, b"]),
    ],
)
def test_lists_are_taken_apart_where_the_grammar_has_them(
    name: str, value: str, parts: list[str]
) -> None:
    assert Headers([(name, value)]).all(name) == parts
    assert Headers().all(name) == []


def test_change() -> None:
    headers = Headers([("f", "1"), ("To", "2")])
    headers.insert("v", "a")
    headers.insert("Via", "b")
    headers.add("Via", "c")
    headers.add("New", "d")
    headers.add("new", "e")
    assert headers.all("Via") == ["b", "a", "c"]
    assert headers.get("Via") == "b"
    assert headers.all("NEW") == ["d", "e"]
    headers.set("Via", "x")
    assert headers.items()[0] == ("Via", "x")
    assert headers.all("Via") == ["x"]
    assert headers.repeated == []
    headers.set("To", "y")
    headers.set("Date", "z")
    assert headers.get("to") == "y"
    assert headers.items()[-1] == ("Date", "z")
    headers.remove("NEW")
    headers.remove("absent")
    assert headers.get("new") is None
    assert headers.repeated == []
    headers.set_first("Date", "t")
    assert headers.get("Date") == "t"
    headers.add("Event", "u")
    headers.set_first("Event", "w")
    assert headers.get("Event") == "w"
    with pytest.raises(KeyError):
        headers.set_first("absent", "")


def test_a_copy_is_independent() -> None:
    headers = Headers([("Via", "1"), ("Via", "2")])
    copy = headers.copy()
    assert copy == headers
    copy.add("To", "3")
    assert headers.get("To") is None
    assert copy != headers
    assert headers != [("Via", "1")]
    assert repr(headers) == "Headers([('Via', '1'), ('Via', '2')])"


def test_long_names() -> None:
    assert canonical("CALL-id") == "Call-ID"
    assert canonical("i") == "Call-ID"
    assert canonical("X-Own") == "X-Own"


NAMES = st.sampled_from(["Via", "v", "TO", "x-own", "X-Own", "Date", "s"])


@given(st.lists(st.tuples(NAMES, st.text(alphabet="ab, ", max_size=4))), NAMES)
def test_first_and_all_agree(items: list[tuple[str, str]], name: str) -> None:
    headers = Headers(items)
    same = [value for key, value in headers if canonical(key).lower() == canonical(name).lower()]
    assert headers.get(name) == (same[0] if same else None)
    headers.set(name, "new")
    assert headers.all(name) == ["new"]
    headers.remove(name)
    assert headers.get(name) is None
    assert headers.all(name) == []
    built = Headers(headers.items())
    assert built == headers
    assert built.repeated == headers.repeated
