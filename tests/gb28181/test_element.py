from xml.etree.ElementTree import Element as Tree
from xml.etree.ElementTree import SubElement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.element import Element, escape, freeze, plain, render, tag
from tongshi.gb28181.manscdp.codec import parse


def test_a_frozen_tree_keeps_order_attributes_and_stripped_text() -> None:
    tree = Tree("A", {"Num": "2"})
    tree.text = " \r\n"
    first = SubElement(tree, "B")
    first.text = " b "
    SubElement(tree, "C")
    assert freeze(tree) == Element(
        "A",
        "",
        (("Num", "2"),),
        (Element("B", "b"), Element("C")),
    )


def test_children_are_found_in_any_case() -> None:
    element = Element("A", children=(Element("DeviceID", "1"), Element("deviceid", "2")))
    assert element.child("DEVICEID") == Element("DeviceID", "1")
    assert element.value("deviceId") == "1"
    assert element.child("Name") is None
    assert element.value("Name") == ""


def test_what_xml_cannot_carry_is_left_out() -> None:
    assert escape("a<b>&\x00\x0b\ud800\ufffe") == "a&lt;b&gt;&amp;"


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        (None, ""),
        ("", ""),
        ("a&b", "<N>a&amp;b</N>"),
        (0, "<N>0</N>"),
        (118.38, "<N>118.38</N>"),
        (1e-7, "<N>0.0000001</N>"),
        (1e22, "<N>10000000000000000000000</N>"),
    ],
)
def test_tags(value: str | int | float | None, xml: str) -> None:
    assert tag("N", value) == xml


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_plain_numbers_read_back_the_same(number: float) -> None:
    assert float(plain(number)) == number
    assert "e" not in plain(number)


NAMES = st.sampled_from(["Name", "Info", "PTZCmd", "x-y.z_1"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12).map(
    lambda text: "".join(char for char in text if char.isprintable()).strip()
)
ATTRIBUTES = st.dictionaries(NAMES, TEXTS, max_size=2).map(lambda found: tuple(found.items()))
ELEMENTS = st.recursive(
    st.builds(Element, NAMES, TEXTS, ATTRIBUTES),
    lambda inner: st.builds(Element, NAMES, st.just(""), ATTRIBUTES, st.tuples(inner, inner)),
    max_leaves=6,
)


@given(ELEMENTS)
def test_parse_of_render_is_identity(element: Element) -> None:
    assert freeze(parse(render(element).encode("utf-8"))) == element
