import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.subject import Subject

CHANNEL, SERVER = "34020000001310000001", "34020000002000000001"


@pytest.mark.clause("L")
def test_the_header_of_the_standard() -> None:
    text = f"{CHANNEL}:0200000001,{SERVER}:0"
    subject = Subject(CHANNEL, "0200000001", SERVER, "0")
    assert Subject.parse(text) == subject
    assert str(subject) == text


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        (f" {CHANNEL} : 0200000001 , {SERVER} : 0 ", Subject(CHANNEL, "0200000001", SERVER, "0")),
        (f"{CHANNEL}:0", Subject(CHANNEL, "0", "", "")),
        (f"{CHANNEL},{SERVER}", Subject(CHANNEL, "", SERVER, "")),
        (f"{CHANNEL}:,{SERVER}:", Subject(CHANNEL, "", SERVER, "")),
        ("platform:1,device:2", Subject("platform", "1", "device", "2")),
    ],
)
def test_forms_of_the_field(text: str, subject: Subject) -> None:
    assert Subject.parse(text) == subject


@pytest.mark.parametrize("text", [None, "", ",", "a:1,", "a:1,b:2,c:3", "a:1:2,b:3", "a b:1,c:2"])
def test_what_cannot_be_read_is_none(text: str | None) -> None:
    assert Subject.parse(text) is None


WORD = st.text(alphabet="0123456789abcXYZ-_.", min_size=1, max_size=20)


@given(st.builds(Subject, WORD, WORD, WORD, WORD))
def test_parse_of_str_is_identity(subject: Subject) -> None:
    assert Subject.parse(str(subject)) == subject


@given(st.text(max_size=60))
def test_any_text_is_read_or_none(text: str) -> None:
    subject = Subject.parse(text)
    assert subject is None or subject.sender
