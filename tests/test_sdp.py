import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import LocalProtocolError, RemoteProtocolError
from tongshi.sdp import Line, Media, SessionDescription, parse

OFFER = (
    b"v=0\r\n"
    b"o=34020000001320000001 0 0 IN IP4 192.0.2.10\r\n"
    b"s=Play\r\n"
    b"c=IN IP4 192.0.2.10\r\n"
    b"t=0 0\r\n"
    b"m=video 30000 TCP/RTP/AVP 96 98\r\n"
    b"a=recvonly\r\n"
    b"a=setup:passive\r\n"
    b"a=rtpmap:96 PS/90000\r\n"
    b"a=rtpmap:98 H264/90000\r\n"
    b"y=0340200001\r\n"
    b"f=v/2/4/25/1/4096a/1/8/1\r\n"
)


def test_an_offer() -> None:
    offer = parse(OFFER)
    assert offer.value("s") == "Play"
    assert offer.value("y") == "0340200001"
    assert offer.value("f") == "v/2/4/25/1/4096a/1/8/1"
    assert offer.value("z") is None
    assert offer.address() == "192.0.2.10"
    (video,) = offer.media
    assert (video.kind, video.port, video.proto, video.formats) == (
        "video",
        30000,
        "TCP/RTP/AVP",
        ("96", "98"),
    )
    assert video.attribute("setup") == "passive"
    assert video.attribute("recvonly") == ""
    assert video.attribute("sendonly") is None
    assert video.attributes("rtpmap") == ["96 PS/90000", "98 H264/90000"]
    assert video.rtpmap() == {96: "PS/90000", 98: "H264/90000"}
    assert video.value("y") == "0340200001"
    assert video.value("c") is None
    assert offer.encode() == OFFER


@pytest.mark.parametrize("end", ["\n", "\r\r\n", "\r", "\r\n\r\n", "\r\n\0"])
def test_line_ends_of_the_field(end: str) -> None:
    assert parse(OFFER.decode().replace("\r\n", end)) == parse(OFFER)
    assert parse(OFFER.rstrip()) == parse(OFFER)


def test_cut_at_each_length() -> None:
    whole = parse(OFFER).encode()
    for length in range(len(OFFER)):
        try:
            cut = parse(OFFER[:length])
        except RemoteProtocolError:
            continue
        assert whole.startswith(cut.encode().rstrip())


def test_where_y_stands_does_not_matter() -> None:
    assert parse(b"v=0\r\ny=1\r\nm=video 1 RTP/AVP 96\r\ny=2\r\n").value("y") == "1"
    assert parse(b"v=0\r\nm=audio 1 RTP/AVP 8\r\nm=video 1 RTP/AVP 96\r\ny=2").value("y") == "2"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("v=0\r\n", ""),
        ("v=0\r\nc=IN IP4", ""),
        ("v=0\r\nc=IN IP4 192.0.2.1/127", "192.0.2.1"),
        (
            "v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 1 RTP/AVP 96\r\nc=IN IP6 2001:db8::1",
            "2001:db8::1",
        ),
        ("v=0\r\nm=audio 1 RTP/AVP 8\r\nm=video 1 RTP/AVP 96\r\nc=IN IP4 192.0.2.2", ""),
    ],
)
def test_address(text: str, address: str) -> None:
    assert parse(text).address() == address


def test_address_of_one_medium() -> None:
    description = parse(
        "v=0\nc=IN IP4 192.0.2.1\nm=audio 1 RTP/AVP 8\nm=video 1 RTP/AVP 96\nc=IN IP4 192.0.2.2"
    )
    assert description.address(description.media[0]) == "192.0.2.1"
    assert description.address(description.media[1]) == "192.0.2.2"


def test_odd_but_read() -> None:
    description = parse(
        " v = 0 \n\n  \nm=video  0/2  RTP/AVP\na= setup : active \na=rtpmap:x y\na=rtpmap:96\na=x\n"
    )
    assert description.lines == [Line("v", "0")]
    (video,) = description.media
    assert (video.port, video.ports, video.formats) == (0, 2, ())
    assert str(video) == "video 0/2 RTP/AVP"
    assert video.attribute("setup") == "active"
    assert video.rtpmap() == {}
    assert description.attribute("x") is None


def test_session_attributes() -> None:
    assert parse("v=0\na=setup:active\n").attribute("setup") == "active"


@pytest.mark.parametrize(
    "text",
    [
        *["", "\r\n", "v", "v0", "vv=0", "=0", "1=x", "é=0", "v=0\n" * 1001],
        *["m=", "m=video 1", "m=video x RTP/AVP", "m=video 65536 RTP/AVP"],
        *["m=video 1/x RTP/AVP", "m=video ² RTP/AVP"],
    ],
)
def test_what_is_no_description(text: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse(text)
    assert caught.value.status == 400


def test_line_ends_are_not_smuggled_out() -> None:
    with pytest.raises(LocalProtocolError):
        SessionDescription([Line("s", "a\r\nb")]).encode()


def test_bytes_that_are_not_utf8_survive() -> None:
    data = b"v=0\r\ns=\xc7\xf2\xbb\xfa\r\n"
    assert parse(data).encode() == data


WORDS = st.text(alphabet="abc019/:", min_size=1, max_size=6)
LINES = st.lists(st.builds(Line, st.sampled_from("vosctayfz"), WORDS), max_size=4)
MEDIA = st.builds(
    Media,
    WORDS,
    st.integers(0, 65535),
    WORDS,
    st.lists(WORDS, max_size=3).map(tuple),
    LINES,
    st.integers(0, 9),
)


@given(
    st.builds(
        SessionDescription,
        LINES.map(lambda lines: [Line("v", "0"), *lines]),
        st.lists(MEDIA, max_size=3),
    )
)
def test_a_description_is_read_as_it_was_written(description: SessionDescription) -> None:
    assert parse(description.encode()) == description


@given(
    st.binary()
    | st.lists(st.sampled_from([*OFFER.splitlines(keepends=True), b"=", b"m=", b"\n"])).map(
        b"".join
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    status = 400
    try:
        description = parse(data)
    except RemoteProtocolError as error:
        status = error.status
    else:
        assert parse(description.encode()) == description
    assert status == 400
