import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.shelf.parcel import Parcel, unpack

NAME = "340200000013200000010220240506070809123" + "01.jpg"


def form(*parts: tuple[str, bytes], boundary: str = "xyz") -> bytes:
    pieces = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + data for head, data in parts]
    return b"\r\n".join(pieces) + f"\r\n--{boundary}--\r\n".encode()


FILE = f'Content-Disposition: form-data; name="file"; filename="{NAME}"\r\nContent-Type: image/jpeg'


@pytest.mark.clause("9.14.3")
def test_a_bare_picture_is_taken_whatever_it_is_called() -> None:
    for kind in ("image/jpeg", "", "application/octet-stream"):
        assert unpack(kind, b"\xff\xd8") == Parcel("", b"\xff\xd8")


@pytest.mark.clause("9.14.3")
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=xyz", ' Multipart/Form-Data; a=b; boundary="xyz"']
)
def test_a_form_gives_the_part_that_is_a_file(kind: str) -> None:
    data = b"\xff\xd8\r\n--xy\r\n\xff\xd9"
    body = form(('Content-Disposition: form-data; name="id"', b"7"), (FILE, data))
    assert unpack(kind, body) == Parcel(NAME, data)


def test_a_file_without_a_name_is_known_by_its_field() -> None:
    head = "Content-Disposition: form-data; name=file"
    assert unpack("multipart/form-data; boundary=xyz", form((head, b"a"))) == Parcel("", b"a")
    other = 'Content-Disposition: form-data; name="picture"; filename="a.jpg"'
    assert unpack("multipart/form-data; boundary=xyz", form((other, b"a"))).name == "a.jpg"


def test_a_name_is_text_and_nothing_else() -> None:
    head = 'Content-Disposition: form-data; name="file"; filename="../../\x07etc/\\x.jpg"'
    assert unpack("multipart/form-data; boundary=xyz", form((head, b""))).name == (
        "../../etc/\\x.jpg"  # of no meaning for where it is kept
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", form((FILE, b"a"))),
        ("multipart/form-data; boundary=abc", form((FILE, b"a"))),
        ("multipart/form-data; boundary=xyz", form(("Content-Disposition: form-data", b"a"))),
        ("multipart/form-data; boundary=xyz", b"--xyz--\r\n"),
        ("multipart/form-data; boundary=xyz", b"--xyz\r\nno end of the head"),
        ("multipart/form-data; boundary=xyz", form(("X: " + "y" * 5000, b"a"))),
        ("multipart/form-data; boundary=xyz", form(*[("X: y", b"")] * 9, (FILE, b"a"))),
    ],
)
def test_a_form_without_a_file_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        unpack(kind, body)


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_body_is_taken_or_refused(body: bytes, boundary: str) -> None:
    for whole in (body, b"--x\r\n" + body + b"\r\n--x--"):
        try:
            parcel = unpack(f"multipart/form-data; boundary={boundary or 'x'}", whole)
        except RemoteProtocolError:
            continue
        assert len(parcel.data) <= len(whole)
        assert len(parcel.name) <= 200
