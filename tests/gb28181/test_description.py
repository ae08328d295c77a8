from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.description import (
    H264,
    MPEG4,
    PCMA,
    PS,
    Description,
    Direction,
    Payload,
    Purpose,
    Setup,
    StreamStyle,
)
from tongshi.gb28181.media_format import G711A, MediaFormat

SERVER = "34020000002000000001"
CAMERA = "34020000001310000001"

LIVE = Description(
    owner=SERVER,
    host="192.0.2.10",
    port=30000,
    tcp=True,
    setup=Setup.PASSIVE,
    payloads=(PS, H264, MPEG4),
    ssrc="0200000001",
)
LIVE_BODY = (Path(__file__).parents[1] / "vectors/gb28181/live-offer.sdp").read_bytes()


@pytest.mark.clause("G", "9.2.3")
def test_the_live_offer_of_255_bytes() -> None:
    assert len(LIVE_BODY) == 255
    assert LIVE.build() == LIVE_BODY
    assert Description.parse(LIVE_BODY) == LIVE


@pytest.mark.clause("G")
def test_the_order_is_the_standards() -> None:
    whole = replace(
        LIVE,
        purpose=Purpose.DOWNLOAD,
        resource=f"{CAMERA}:0",
        start=1_700_000_000,
        end=1_700_003_600,
        format=MediaFormat(video=2),
        stream=1,
        stream_style=StreamStyle.STREAMNUMBER,
        download_speed=4,
        file_size=-1,
    )
    body = whole.build()
    assert body.endswith(b"\r\n")
    lines = body.decode().split("\r\n")[:-1]
    assert "".join(line[0] for line in lines) == "vosuctm" + "a" * 9 + "yf"
    assert lines[-2:] == ["y=0200000001", "f=v/2////a///"]
    assert lines[3] == f"u={CAMERA}:0"
    assert "a=filesize:-1" in lines
    assert Description.parse(body) == whole


@pytest.mark.clause("G", "9.12.1.3.2")
def test_sound_as_broadcasts_have_it() -> None:
    sound = Description(
        owner=SERVER,
        host="2001:db8::1",
        port=30002,
        kind="audio",
        direction=Direction.SENDONLY,
        payloads=(PCMA,),
        format=G711A,
    )
    assert sound.build() == (
        b"v=0\r\no=34020000002000000001 0 0 IN IP6 2001:db8::1\r\ns=Play\r\n"
        b"c=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 30002 RTP/AVP 8\r\na=sendonly\r\n"
        b"a=rtpmap:8 PCMA/8000\r\nf=v/////a/1/8/1\r\n"
    )
    assert Description.parse(sound.build()) == sound


@pytest.mark.clause("G")
@pytest.mark.parametrize(
    ("style", "stream", "line"),
    [
        (StreamStyle.STREAMNUMBER, 0, "a=streamnumber:0"),
        (StreamStyle.STREAM, 1, "a=stream:1"),
        (StreamStyle.STREAMPROFILE, 1, "a=streamprofile:1"),
        (StreamStyle.STREAMMODE, 0, "a=streamMode:MAIN"),
        (StreamStyle.STREAMMODE, 1, "a=streamMode:SUB"),
    ],
)
def test_ways_to_ask_for_a_sub_stream(style: StreamStyle, stream: int, line: str) -> None:
    asking = replace(LIVE, stream=stream, stream_style=style)
    assert line in asking.build().decode().split("\r\n")
    assert Description.parse(asking.build()) == asking


@pytest.mark.parametrize(("stream", "style"), [(None, StreamStyle.STREAM), (1, StreamStyle.NONE)])
def test_by_default_no_stream_is_named(stream: int | None, style: StreamStyle) -> None:
    assert replace(LIVE, stream=stream, stream_style=style).build() == LIVE_BODY


def reading(
    *lines: str, media: str = "video 15060 RTP/AVP 96", y: str | None = None
) -> Description:
    body = ["v=0", f"o={CAMERA} 0 0 IN IP4 192.0.2.20", "s=Play", "c=IN IP4 192.0.2.20", "t=0 0"]
    body += [f"m={media}", *lines]
    if y is not None:
        body.append(f"y={y}")
    return Description.parse("\n".join(body).encode())


def test_almost_nothing_is_enough() -> None:
    assert Description.parse(b"m=video 0 RTP/AVP") == Description(
        owner="",
        host="",
        port=0,
        direction=Direction.SENDRECV,
        payloads=(),
    )


def test_the_address_may_be_only_in_the_origin() -> None:
    body = b"v=0\r\no=1 0 0 IN IP4 192.0.2.20\r\ns=-\r\nm=video 1 RTP/AVP 96"
    assert Description.parse(body).host == "192.0.2.20"


def test_a_line_for_the_media_overrules_the_one_for_all() -> None:
    assert reading("c=IN IP4 192.0.2.21").host == "192.0.2.21"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_line_ends(end: str) -> None:
    body = LIVE_BODY.replace(b"\r\n", end.encode()).rstrip(b"\r\n")
    assert Description.parse(body) == LIVE


@pytest.mark.clause("G")
@pytest.mark.parametrize(
    ("y", "ssrc", "number"),
    [
        (None, "", None),
        ("", "", None),
        ("0000000000", "", None),
        ("0200000001", "0200000001", 200_000_001),
        (" 200000001 ", "0200000001", 200_000_001),
        ("9876543210", "9876543210", None),
        ("null", "", None),
        ("02000000010", "", None),
    ],
)
def test_ssrcs(y: str | None, ssrc: str, number: int | None) -> None:
    read = reading(y=y)
    assert read.ssrc == ssrc
    assert read.ssrc_number == number


def test_y_and_f_may_come_before_the_media() -> None:
    body = b"v=0\r\ny=0200000001\r\nf=v/2////a///\r\nm=video 1 RTP/AVP 96\r\n"
    read = Description.parse(body)
    assert (read.ssrc, read.format) == ("0200000001", MediaFormat(video=2))


def test_a_broken_format_is_as_none() -> None:
    assert reading("f=whatever").format is None
    assert reading("f=").format is None


@pytest.mark.parametrize(
    ("media", "lines", "payloads"),
    [
        ("video 1 RTP/AVP 96", ["a=rtpmap:96 PS/90000"], (PS,)),
        ("video 1 RTP/AVP 96", [], (PS,)),
        ("video 1 RTP/AVP 96", ["a=rtpmap:96 H264/90000"], (Payload(96, "H264"),)),
        ("video 1 RTP/AVP 96", ["a=rtpmap:96 DAHUA"], (Payload(96, "DAHUA"),)),
        ("video 1 RTP/AVP 40", [], (Payload(40, ""),)),
        ("video 1 RTP/AVP 33", [], (Payload(33, "MP2T"),)),
        ("audio 1 RTP/AVP 8", ["a=rtpmap:8 pcma/8000/1"], (PCMA,)),
        ("video 1 RTP/AVP 96 96 x 200 98", [], (PS, H264)),
    ],
)
def test_payload_types(media: str, lines: list[str], payloads: tuple[Payload, ...]) -> None:
    assert reading(*lines, media=media).payloads == payloads


def test_payload_types_are_bounded() -> None:
    media = "video 1 RTP/AVP " + " ".join(map(str, range(128)))
    assert len(reading(media=media).payloads) == 32


@pytest.mark.parametrize(
    ("lines", "direction"),
    [
        (["a=sendonly"], Direction.SENDONLY),
        (["a=recvonly"], Direction.RECVONLY),
        (["a=sendrecv"], Direction.SENDRECV),
        ([], Direction.SENDRECV),
    ],
)
def test_directions(lines: list[str], direction: Direction) -> None:
    assert reading(*lines).direction is direction


@pytest.mark.clause("G", "D")
@pytest.mark.parametrize(
    ("text", "setup"), [("active", Setup.ACTIVE), ("PASSIVE ", Setup.PASSIVE), ("actpass", None)]
)
def test_setups(text: str, setup: Setup | None) -> None:
    assert reading(f"a=setup:{text}", media="video 1 TCP/RTP/AVP 96").setup is setup
    assert Setup.ACTIVE.other is Setup.PASSIVE
    assert Setup.PASSIVE.other is Setup.ACTIVE


def test_attributes_may_stand_before_the_media() -> None:
    body = b"v=0\r\na=setup:active\r\na=sendonly\r\nm=video 1 TCP/RTP/AVP 96"
    read = Description.parse(body)
    assert (read.setup, read.direction, read.tcp) == (Setup.ACTIVE, Direction.SENDONLY, True)


@pytest.mark.clause("G")
@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("Playback", Purpose.PLAYBACK),
        ("download", Purpose.DOWNLOAD),
        ("Talk", Purpose.TALK),
        ("Embedded Net DVR", Purpose.PLAY),
    ],
)
def test_purposes(name: str, purpose: Purpose) -> None:
    assert Description.parse(f"v=0\ns={name}\nm=video 1 RTP/AVP 96".encode()).purpose is purpose


@pytest.mark.clause("G", "9.8.3.1")
@pytest.mark.parametrize(
    ("text", "times"), [("1 2", (1, 2)), ("0", (0, 0)), ("a b", (0, 0)), ("", (0, 0))]
)
def test_times(text: str, times: tuple[int, int]) -> None:
    read = Description.parse(f"v=0\nt={text}\nm=video 1 RTP/AVP 96".encode())
    assert (read.start, read.end) == times


@pytest.mark.clause("G", "9.9.3")
@pytest.mark.parametrize(("text", "size"), [("-1", -1), ("1024", 1024), ("big", None)])
def test_file_sizes(text: str, size: int | None) -> None:
    assert reading(f"a=filesize:{text}").file_size == size


def test_video_comes_before_sound_wherever_it_stands() -> None:
    body = b"v=0\r\nm=audio 1 RTP/AVP 8\r\nm=video 2 RTP/AVP 96\r\n"
    assert Description.parse(body).port == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"hello", 400), (b"v=0\r\ns=Play\r\n", 488), (b"v=0\r\nm=text 1 x 2\r\n", 488)],
)
def test_what_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        Description.parse(body)
    assert caught.value.status == status


DESCRIPTIONS = st.builds(
    Description,
    owner=st.sampled_from([SERVER, CAMERA]),
    host=st.sampled_from(["192.0.2.10", "2001:db8::1"]),
    port=st.integers(0, 65535),
    purpose=st.sampled_from(Purpose),
    kind=st.sampled_from(["video", "audio"]),
    direction=st.sampled_from(Direction),
    payloads=st.lists(st.sampled_from([PS, H264, MPEG4, PCMA, Payload(40, "")]), unique=True).map(
        tuple
    ),
    ssrc=st.sampled_from(["", "0200000001", "1200000001"]),
    format=st.none() | st.just(G711A),
    start=st.integers(0, 2**31),
    end=st.integers(0, 2**31),
    resource=st.sampled_from(["", f"{CAMERA}:0"]),
)


@given(DESCRIPTIONS, st.sampled_from([None, Setup.ACTIVE, Setup.PASSIVE]), st.booleans())
def test_parse_of_build_is_identity(
    description: Description, setup: Setup | None, tcp: bool
) -> None:
    description = replace(description, tcp=tcp, setup=setup if tcp else None)
    assert Description.parse(description.build()) == description


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_refused(body: bytes) -> None:
    assert status_of(body) in (200, 400, 488)


@given(st.integers(0, len(LIVE_BODY)))
def test_an_offer_cut_at_any_length(length: int) -> None:
    assert status_of(LIVE_BODY[:length]) in (200, 400, 488)


def status_of(body: bytes) -> int:
    """Return 200 when *body* is a description, else the status to refuse it with."""
    try:
        return 200 if Description.parse(body) else 0
    except RemoteProtocolError as error:
        return error.status
