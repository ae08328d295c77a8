import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.element import Element, freeze
from tongshi.gb28181.manscdp.codec import MAX_BYTES, MAX_ELEMENTS, decode, encode, parse
from tongshi.gb28181.manscdp.recover import MAX_DEPTH
from tongshi.gb28181.version import Version


def status_of(body: bytes) -> int:
    """Return 200 when *body* gives a tree, else the status to refuse it with."""
    try:
        return 200 if parse(body).tag else 0
    except RemoteProtocolError as error:
        return error.status


@pytest.mark.clause("6.10")
def test_charset_vectors() -> None:
    name = "<Name>摄像机1</Name>"
    assert len(name.encode("gb18030")) == 20
    assert len(name.encode("utf-8")) == 23
    assert "摄".encode("gb18030").hex() == "c9e3"
    assert decode(bytes.fromhex("c9e3")) == "摄"
    assert decode(bytes.fromhex("e69184")) == "摄"
    assert decode(bytes.fromhex("e946")) == "镕"
    assert decode(bytes.fromhex("9534b235")) == "𠮷"


@pytest.mark.parametrize("declared", ["GB2312", "GB18030", "UTF-8", "GBK", "ASCII", "nonsense"])
@pytest.mark.parametrize("written", ["gb18030", "utf-8"])
def test_the_declared_encoding_is_not_believed(declared: str, written: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><A>朱镕基𠮷摄像机</A>'
    assert parse(text.encode(written)).text == "朱镕基𠮷摄像机"


def test_a_name_cut_inside_a_character_loses_only_that_character() -> None:
    body = "<A><B>摄像机".encode("gb18030")[:-1] + b"</B><C>1</C></A>"
    tree = parse(body)
    assert (tree[0].text or "").startswith("摄像")
    assert tree.findtext("C") == "1"


def test_a_short_chinese_name_that_is_valid_utf8_by_accident() -> None:
    body = b'<?xml version="1.0" encoding="GB2312"?><A>' + "模".encode("gb18030") + b"</A>"
    assert body.decode("utf-8")
    assert parse(body).text == "模"
    assert parse(body.replace(b"GB2312", b"utf-8")).text == "ģ"


def test_letters_of_two_bytes_that_are_not_chinese() -> None:
    assert parse("<A>é</A>".encode()).text == "é"
    mixed = '<?xml version="1.0" encoding="GB2312"?><A>日本 é</A>'
    assert parse(mixed.encode()).text == "日本 é"


def test_of_two_broken_readings_the_less_broken_is_taken() -> None:
    utf8 = "<A>摄像机通道名称东门</A>".encode() + b"\xff"
    assert "摄像机" in decode(utf8)
    chinese = "<A>摄像机通道名称东门</A>".encode("gb18030") + b"\xff"
    assert "摄像机" in decode(chinese)


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf<?xml version='1.0'?><A>x</A>",
        b"\x00\r\n<A>x</A>",
        b"junk <A>x</A>",
        b"<A>x</A>\x00\x00",
        b"<A>x</A>\r\n\r\n",
        b"<?xml version='1.0'?>\r\n\r\n<A>x</A>",
        b"<A>x</A>trailing text",
        b"<A>x</A><B/>",
        b"<A>x\x00\x0b</A>",
    ],
)
def test_stray_bytes_around_and_inside(body: bytes) -> None:
    assert parse(body).text == "x"


def test_a_declaration_that_does_not_come_first_does_no_harm() -> None:
    assert parse(b"<!-- x --><?xml version='1.0' encoding='GB2312'?><A>x</A>").text == "x"


def test_namespace_prefixes_are_taken_off() -> None:
    tree = parse(b'<ns:A xmlns:ns="http://x"><ns:B>1</ns:B><C/></ns:A>')
    assert freeze(tree).children == (Element("B", "1"), Element("C"))
    assert tree.tag == "A"


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>',
        b'<?xml version="1.0"?><!DOCTYPE A SYSTEM "http://example.org/x.dtd"><A/>',
        b"<!doctype A><A/>",
    ],
)
def test_document_types_are_refused(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="document type") as caught:
        parse(body)
    assert caught.value.status == 400


@pytest.mark.parametrize("body", [b"", b"hello", b"<", b"<>", b"\x00", b"</A>"])
def test_what_holds_no_xml_is_refused(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="holds no XML"):
        parse(body)


def test_bodies_are_bounded() -> None:
    for body in (b" " * (MAX_BYTES + 1), b"<a/>" * (2 * MAX_ELEMENTS + 1)):
        with pytest.raises(RemoteProtocolError, match="too large") as caught:
            parse(body)
        assert caught.value.status == 413


def test_nesting_is_bounded() -> None:
    at_limit = b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH
    assert parse(at_limit).tag == "a"
    with pytest.raises(RemoteProtocolError, match="too deep"):
        parse(b"<a>" + at_limit + b"</a>")
    with pytest.raises(RemoteProtocolError, match="too deep"):
        parse(b"<a>" * 100_000 + b"</a>" * 100_000)


@pytest.mark.clause("6.10")
@pytest.mark.parametrize(
    ("version", "declared"),
    [
        (Version.V2011, b"GB2312"),
        (Version.V2011A, b"GB2312"),
        (Version.V2016, b"GB2312"),
        (Version.V2022, b"GB18030"),
    ],
)
def test_what_is_declared_follows_the_edition(version: Version, declared: bytes) -> None:
    body = encode("<A>镕</A>", version)
    assert body == b'<?xml version="1.0" encoding="' + declared + b'"?>\r\n<A>\xe9\x46</A>'


DOCUMENT = (
    '<?xml version="1.0" encoding="GB2312"?>\r\n<Response>\r\n<CmdType>Catalog</CmdType>'
    '<DeviceList Num="1"><Item><Name>东门</Name></Item></DeviceList>\r\n</Response>'
).encode("gb18030")


@pytest.mark.parametrize("length", range(len(DOCUMENT)))
def test_a_document_cut_at_any_length_is_refused(length: int) -> None:
    with pytest.raises(RemoteProtocolError):
        parse(DOCUMENT[:length])


def test_a_cut_document_says_where() -> None:
    with pytest.raises(RemoteProtocolError, match=r"cut off inside <Name>"):
        parse(DOCUMENT[: DOCUMENT.index(b"</Name>")])


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_refused(body: bytes) -> None:
    assert status_of(body) in (200, 400)


@given(
    st.lists(
        st.sampled_from(
            [
                b"<A>",
                b"</A>",
                b"<B x='1'>",
                b"</B>",
                b"<C/>",
                b"&",
                b"<",
                b"x",
                b"<!--",
                b"-->",
                b"<![CDATA[",
                b"]]>",
                b"<?",
                b"?>",
                b"\xff",
            ]
        )
    )
)
def test_any_tags_parse_or_are_refused(pieces: list[bytes]) -> None:
    assert status_of(b"".join(pieces)) in (200, 400)
