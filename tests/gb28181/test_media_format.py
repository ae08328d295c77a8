import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.media_format import (
    AUDIO_CODECS,
    AUDIO_RATES,
    G711A,
    PICTURES,
    SAMPLINGS,
    VIDEO_CODECS,
    MediaFormat,
)


@pytest.mark.clause("G")
@pytest.mark.parametrize(
    ("text", "media_format"),
    [
        ("v/////a/1/8/1", G711A),
        (
            "v/2/6/25/1/4096a///",
            MediaFormat(video=2, resolution="6", fps=25, rate_type=1, kbps=4096),
        ),
        (
            "v/5/2560x1440/25/2/2048a/6/8/3",
            MediaFormat(5, "2560x1440", 25, 2, 2048, 6, 8, 3),
        ),
        ("v/////a///", MediaFormat()),
    ],
)
def test_vectors(text: str, media_format: MediaFormat) -> None:
    assert MediaFormat.parse(text) == media_format
    assert str(media_format) == text


def test_spaces_of_the_field() -> None:
    assert MediaFormat.parse(" v/2/6/25/1/4096 a/// ") == MediaFormat.parse("v/2/6/25/1/4096a///")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v/",
        "v/2/6/25/1/4096",
        "v/x/////a///",
        "v/2/big/25/1/1a///",
        "v/////a/one/8/1",
        "a/1/8/1",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="f="):
        MediaFormat.parse(text)


def test_tables() -> None:
    assert VIDEO_CODECS[5] == "H.265"
    assert AUDIO_CODECS[1] == "G.711"
    assert PICTURES["6"] == "1080P"
    assert len(AUDIO_RATES) == 30
    assert (AUDIO_RATES[8], AUDIO_RATES[20], AUDIO_RATES[28], AUDIO_RATES[30]) == (
        64,
        10.8,
        23.05,
        48.61,
    )
    assert len(SAMPLINGS) == 17
    assert (SAMPLINGS[1], SAMPLINGS[7], SAMPLINGS[15], SAMPLINGS[17]) == (8, 12, 12.8, 38.4)


def status_of(text: str) -> int:
    """Return 200 when *text* is a format, else the status to refuse it with."""
    try:
        return 200 if MediaFormat.parse(text) else 0
    except RemoteProtocolError as error:
        return error.status


def number(most: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, most)


@given(
    st.builds(
        MediaFormat,
        video=number(99),
        resolution=st.sampled_from(["", "1", "6", "1920x1080", "704X576"]),
        fps=number(99),
        rate_type=number(2),
        kbps=number(100_000),
        audio=number(99),
        audio_rate=number(30),
        sampling=number(17),
    )
)
def test_parse_of_str_is_identity(media_format: MediaFormat) -> None:
    assert MediaFormat.parse(str(media_format)) == media_format


@given(st.text(alphabet="va/0123456789xX ", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert status_of(text) in (200, 400)
