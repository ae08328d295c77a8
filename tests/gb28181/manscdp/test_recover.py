import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.element import Element, freeze
from tongshi.gb28181.manscdp.recover import MAX_DEPTH, recover


def status_of(text: str) -> int:
    """Return 200 when *text* gives a tree, else the status to refuse it with."""
    try:
        return 200 if recover(text).tag else 0
    except RemoteProtocolError as error:
        return error.status


def read(text: str) -> Element:
    return freeze(recover(text))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("A&B 东门", "A&B 东门"),
        ("1 < 2", "1 < 2"),
        ("a<b", "a<b"),
        ("<东门>", "<东门>"),
        ("<", "<"),
        ("R&D&amp;M &lt;x&gt; &quot;&apos;", "R&D&M <x> \"'"),
        ("&nbsp;&#25668;&#x50CF;", "&nbsp;摄像"),
        ("a\x00b\x0bc\ufffe", "abc"),
        ("&#0;&#x110000;&#xD800;x", "x"),
        ("<![CDATA[a<b & c]]>", "a<b & c"),
        ("a<!-- note -->b", "ab"),
    ],
)
def test_text_is_what_was_meant(written: str, meant: str) -> None:
    assert read(f"<A><N>{written}</N></A>").value("N") == meant


def test_an_end_too_many_is_nothing() -> None:
    text = "<L><Item><N>1</N></Item></Item><Item><N>2</N></Item></L>"
    assert [item.value("N") for item in read(text).children] == ["1", "2"]


def test_a_missing_end_is_inferred_from_the_next() -> None:
    assert read("<L><Item><N>1</Item><Item><N>2</N></Item></L>").children == (
        Element("Item", "", (), (Element("N", "1"),)),
        Element("Item", "", (), (Element("N", "2"),)),
    )


def test_attributes_and_empty_elements() -> None:
    text = '<A Num = "2" x=\'&amp;1\'><B/><C y="" /></A >'
    assert read(text) == Element(
        "A", "", (("Num", "2"), ("x", "&1")), (Element("B"), Element("C", "", (("y", ""),)))
    )


def test_a_root_without_content() -> None:
    assert read("<?xml version='1.0'?><A/>rest") == Element("A")


def test_what_follows_the_root_is_nothing() -> None:
    assert read("</B><A>1</A><A>2</A>") == Element("A", "1")


def test_marks_that_do_not_end_are_text() -> None:
    assert read("<A>x<!-- y<![CDATA[z<?w</A>") == Element("A", "x<!-- y<![CDATA[z<?w")


@pytest.mark.parametrize("text", ["<A><!ENTITY x 'y'></A>", "<! doctype A><A/>", "<!ELEMENT A>"])
def test_declarations_are_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="document type"):
        recover(text)


def test_a_declaration_in_a_comment_or_in_text_marked_as_such_is_none() -> None:
    assert read("<!-- <!DOCTYPE x> --><A><![CDATA[<!DOCTYPE x>]]></A>").text == "<!DOCTYPE x>"


@pytest.mark.parametrize(
    ("text", "where"), [("<A><B>x", "<B>"), ("<A><B>x</B>", "<A>"), ("<A><B></A", "<B>")]
)
def test_what_is_cut_off_is_refused(text: str, where: str) -> None:
    with pytest.raises(RemoteProtocolError, match=f"cut off inside {where}"):
        recover(text)


def test_no_element_at_all_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="no XML element"):
        recover("</A> 1 < 2")


def test_nesting_is_bounded() -> None:
    assert read("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH).tag == "a"
    with pytest.raises(RemoteProtocolError, match="too deep"):
        recover("<a>" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "bait",
    ["<!--", "<![CDATA[", "<?", "<a b='", "<a " + "b" * 50, "<" + "a" * 50, '<a b="c" ', "&", "</"],
)
def test_work_grows_with_the_length_only(bait: str) -> None:
    # A pattern that goes back over what it has read would not come to an end here.
    with pytest.raises(RemoteProtocolError):
        recover("<A>" + bait * 40_000)


@given(st.text(alphabet="<>/AB ='\"&;!-?x", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert status_of(text) in (200, 400)
