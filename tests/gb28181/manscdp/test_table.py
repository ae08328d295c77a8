from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.element import Element
from tongshi.gb28181.manscdp import field, nest
from tongshi.gb28181.manscdp.codec import parse
from tongshi.gb28181.manscdp.table import (
    attributes_of,
    group_of,
    own_of,
    read_as,
    read_values,
    render_attributes,
    rest_lines,
    specs_of,
    write_element,
    write_lines,
)
from tongshi.gb28181.version import Version

Others = tuple[Element, ...]
NEW, OLD = Version.V2022, Version.V2016


@dataclass(frozen=True, slots=True)
class Seat:
    seq: int | None = field.whole("Seq")
    others: Others = ()


def _is_numbered(seat: object) -> bool:
    return isinstance(seat, Seat) and seat.seq is not None


@dataclass(frozen=True, slots=True)
class Hall:
    name: str = field.text("Name", since=Version.V2022)
    kind: int | None = field.whole("Info/Kind", aliases=("Kind",))
    depth: int | None = field.whole("Info/Inner/Depth")
    best: Seat | None = nest.block("Best", Seat)
    seats: tuple[Seat, ...] = nest.items(
        "Seats", Seat, num="num", usable=_is_numbered, unreadable="unreadable", count="SumNum"
    )
    rows: tuple[Seat, ...] = nest.repeated("Row", Seat, count="RowNum")
    files: tuple[str, ...] = nest.leaves("Files", "File")
    num: int | None = None
    unreadable: int = 0
    others: Others = ()


@dataclass(frozen=True, slots=True)
class Bench:
    seats: tuple[Seat, ...] = nest.items("", Seat)
    others: Others = ()


@dataclass(frozen=True, slots=True)
class Word:
    told: int | None = field.whole("")
    others: Others = ()


@dataclass(frozen=True, slots=True)
class Bare:
    name: str = field.text("Name")


def hall(inside: str, attributes: str = "") -> Hall:
    return read_as(Hall, parse(f"<Hall{attributes}>{inside}</Hall>".encode()))


def test_everything_in_its_place() -> None:
    inside = (
        "<Name>a&amp;b</Name><Info><Kind>1</Kind><Inner><Depth>2</Depth></Inner></Info>"
        "<Best><Seq>9</Seq></Best><SumNum>1</SumNum>"
        '<Seats Num="1"><Item><Seq>1</Seq></Item></Seats>'
        "<RowNum>2</RowNum><Row><Seq>1</Seq></Row><Row></Row><Files><File>x</File></Files>"
    )
    value = Hall("a&b", 1, 2, Seat(9), (Seat(1),), (Seat(1), Seat()), ("x",), num=1, unreadable=0)
    assert hall(inside) == value
    assert write_element("Hall", value, NEW) == f"<Hall>{inside}</Hall>"
    assert "<Name>" not in write_element("Hall", value, OLD)
    empty = "<Hall><SumNum>0</SumNum><RowNum>0</RowNum></Hall>"
    assert write_element("Hall", Hall(), NEW) == empty
    assert hall("") == Hall()


def test_names_in_any_case_and_elsewhere() -> None:
    assert hall("<NAME>a</NAME><info><KIND>1</KIND></info>") == Hall("a", 1)
    assert hall("<Kind>1</Kind>") == Hall(kind=1)


def test_attributes_stand_in_for_children() -> None:
    assert hall("", ' name="a" kind="2"') == Hall("a", 2)
    assert hall('<Best Seq="3"/><Info Kind="5"/>') == Hall(kind=5, best=Seat(3))


def test_the_first_of_two_counts_unless_it_is_empty() -> None:
    assert hall("<Name/><Name>a</Name><Name>b</Name>") == Hall("a")
    assert hall("<Best><Seq>1</Seq></Best><Best/>") == Hall(best=Seat(1))
    twice = hall('<Seats Num="1"><Item Seq="1"/></Seats><Seats Num="1"><Item Seq="2"/></Seats>')
    assert twice.seats == (Seat(1), Seat(2))


def test_members_of_no_use_are_counted() -> None:
    found = hall('<Seats Num="7"><Item/><Item><Seq>1</Seq></Item></Seats>')
    assert found == Hall(seats=(Seat(1),), num=7, unreadable=1)


def test_what_cannot_be_read_is_absent() -> None:
    assert hall("<Info><Kind>many</Kind></Info><Best><Seq/></Best><Files><File/></Files>") == Hall(
        best=Seat()
    )


@pytest.mark.parametrize(
    "inside",
    [
        '<X a="1">2<Y>3</Y></X>',
        '<Info lang="zh"><X>1</X></Info>',
        "<Info><Kind>1</Kind><Inner><X>1</X></Inner></Info>",
        '<Best p="1"><Seq>1</Seq><X>1</X></Best>',
        '<Seats Num="1" p="&quot;1"><Item q="2"><Seq>1</Seq><X>1</X></Item><X>1</X></Seats>',
        '<Row p="1"><X>1</X></Row>',
        '<Files p="1"><File>x</File><X>1</X></Files>',
    ],
)
def test_what_has_no_place_survives(inside: str) -> None:
    found = hall(inside, ' private="1"')
    written = write_element("Hall", found, NEW)
    assert read_as(Hall, parse(written.encode())) == found
    assert written.startswith('<Hall private="1">')
    assert ("<X" in inside) == ("<X" in written)
    assert ('p="' in inside) == ('p="' in written)


def test_an_element_that_is_a_list() -> None:
    wire = '<Bench Num="1" p="2"><Item><Seq>1</Seq></Item><X>1</X></Bench>'
    found = read_as(Bench, parse(wire.encode()))
    assert found == Bench((Seat(1),), (Element("X", "1"), Element("@p", "2")))
    assert write_element("Bench", found, NEW) == wire
    assert write_element("Bench", Bench(), NEW) == '<Bench Num="0"></Bench>'


def test_an_element_that_is_a_text() -> None:
    wire = '<Word p="1">5<X>1</X></Word>'
    found = read_as(Word, parse(wire.encode()))
    assert found == Word(5, (Element("X", "1"), Element("@p", "1")))
    assert write_element("Word", found, NEW) == wire
    assert write_element("Word", Word(), NEW) == "<Word></Word>"


def test_known_children_and_first_fields() -> None:
    tree = parse(b'<Hall SN="1"><Name>b</Name><SN>1</SN></Hall>')
    assert read_as(partial(Seat, 7), tree, (), frozenset({"sn", "name"})) == Seat(7)
    values, others = read_values(Bare, tree)
    assert values == {"name": "b"}
    assert others == (Element("SN", "1"), Element("@SN", "1"))
    assert write_lines(Bare("b"), others, NEW) == ["<Name>b</Name>", "<SN>1</SN>"]
    assert write_element("Bare", Bare("b"), NEW) == "<Bare><Name>b</Name></Bare>"


def test_tables_are_made_once() -> None:
    assert group_of(Hall) is group_of(Hall)
    assert list(specs_of(Bare)) == ["name"]
    assert own_of(group_of(Hall)) is None
    own = own_of(group_of(Word))
    assert own is not None
    assert own.attribute == "told"


def test_others_apart() -> None:
    others = (Element("@a", "1"), Element("X", "2"), Element("@a", "<"))
    assert attributes_of(others) == [("a", "1"), ("a", "<")]
    assert render_attributes(attributes_of(others)) == ' a="&lt;"'
    assert rest_lines(others) == ["<X>2</X>"]


NAMES = st.sampled_from(
    ["Name", "Info", "Kind", "Inner", "Best", "Seq", "Seats", "Item", "X", "Row"]
)
TREES = st.recursive(
    st.builds(
        lambda name, told: f"<{name}>{told}</{name}>", NAMES, st.sampled_from(["", "1", "a"])
    ),
    lambda inner: st.builds(
        lambda name, key, children: f'<{name} {key}="1">{"".join(children)}</{name}>',
        NAMES,
        st.sampled_from(["Num", "p", "Seq"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@given(st.lists(TREES, max_size=4))
def test_whatever_is_read_is_written_and_read_the_same(trees: list[str]) -> None:
    found = hall("".join(trees))
    again = read_as(Hall, parse(write_element("Hall", found, NEW).encode()))
    assert (again.name, again.kind, again.depth, again.best) == (
        found.name,
        found.kind,
        found.depth,
        found.best,
    )
    assert (again.seats, again.rows, again.files) == (found.seats, found.rows, found.files)
