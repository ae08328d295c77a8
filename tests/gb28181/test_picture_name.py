import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.date import read_date
from tongshi.gb28181.picture_name import PictureName

NAME = "34020000001320000001022024050607080912301"
DEVICE = "34020000001320000001"


@pytest.mark.clause("9.14.1")
def test_a_name_is_41_characters() -> None:
    wall = read_date("2024-05-06T07:08:09.123")
    assert wall is not None
    assert len(NAME) == 41
    assert PictureName.parse(NAME) == PictureName(DEVICE, wall, 1)
    assert str(PictureName(DEVICE, wall, 1)) == NAME


@pytest.mark.parametrize("written", [f"{NAME}.jpg", f" {NAME}.JPEG ", f"a/b\\{NAME}.jpg"])
def test_suffixes_and_folders_are_let_pass(written: str) -> None:
    assert str(PictureName.parse(written)) == NAME


@pytest.mark.parametrize(
    "written",
    ["", "x.jpg", NAME[:-1], NAME + "1", NAME.replace("20240506", "20241306"), f"{NAME}/x"],
)
def test_other_names_tell_nothing(written: str) -> None:
    assert PictureName.parse(written) is None


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 99))
def test_parse_of_str_is_identity(milliseconds: int, number: int) -> None:
    name = PictureName(DEVICE, milliseconds / 1000, number)
    again = PictureName.parse(str(name))
    assert again is not None
    assert (again.device_id, again.number) == (DEVICE, number)
    assert round(again.wall * 1000) == milliseconds


@given(st.text(max_size=45))
def test_any_text_is_read_or_not(written: str) -> None:
    name = PictureName.parse(written)
    assert name is None or len(str(name)) == 41
