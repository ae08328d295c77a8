import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.registry.region import PROVINCES, province_name, region_of

CAMERA = "34020000001320000001"


@pytest.mark.parametrize(
    ("civil_code", "entry_id", "expected"),
    [
        ("340203", CAMERA, "340203"),
        ("340200", CAMERA, "3402"),
        ("34", CAMERA, "34"),
        ("34020301", CAMERA, "34020301"),
        ("CivilCode", CAMERA, "3402"),
        ("", CAMERA, "3402"),
        ("3402000000", CAMERA, "3402"),
        (CAMERA, CAMERA, "3402"),
        ("990000", CAMERA, "3402"),
        ("", "99020000001320000001", "fallback"),
        ("", "camera-7", "fallback"),
        ("", "340200", "3402"),
        ("37", "340203", "340203"),
        ("0", "990200", "fallback"),
    ],
)
def test_a_region_is_believed_when_it_can_be(civil_code: str, entry_id: str, expected: str) -> None:
    assert region_of(civil_code, entry_id, "fallback") == expected


@given(st.text("0123456789C", max_size=22), st.text("0123456789x", max_size=22))
def test_any_text_gives_a_code_of_a_province_or_nothing(civil_code: str, entry_id: str) -> None:
    found = region_of(civil_code, entry_id)
    assert found == "" or (found[:2] in PROVINCES and found.isdigit() and len(found) % 2 == 0)


def test_provinces_have_names_in_both_languages() -> None:
    assert len(PROVINCES) == 34
    assert province_name("34", "zh") == "安徽省"
    assert province_name("34", "en") == "Anhui"
    assert province_name("99", "en") == ""
