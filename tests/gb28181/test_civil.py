import pytest

from tongshi.gb28181.civil import Level, home_of, is_code, level_of, parent_of, path_of, trimmed


@pytest.mark.clause("A.1", "J")
@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("34", Level.PROVINCE, None),
        ("3402", Level.CITY, "34"),
        ("340207", Level.COUNTY, "3402"),
        ("34020701", Level.UNIT, "340207"),
    ],
)
def test_levels_and_parents(code: str, level: Level, parent: str | None) -> None:
    assert is_code(code)
    assert level_of(code) is level
    assert parent_of(code) == parent


@pytest.mark.parametrize("text", ["", "3", "340", "CivilCode", "3402000000", "３４"])
def test_what_is_no_code(text: str) -> None:
    assert not is_code(text)


def test_the_path_leads_down_from_the_province() -> None:
    assert path_of("34020701") == ("34", "3402", "340207", "34020701")


@pytest.mark.parametrize(
    ("padded", "code"),
    [
        ("34020000", "3402"),
        ("340000", "34"),
        ("34020701", "34020701"),
        ("00", "00"),
        ("0000", "00"),
    ],
)
def test_padding_is_taken_off(padded: str, code: str) -> None:
    assert trimmed(padded) == code


@pytest.mark.parametrize(
    ("civil_code", "device_id", "home"),
    [
        ("340207", "34020000001320000001", "340207"),
        ("34020000", "11010500001320000001", "3402"),
        ("", "34020701001320000001", "340207"),
        ("CivilCode", "34029900001320000001", "3402"),
        ("3402000000", "34990000001320000001", "34"),
        ("", "11010500001320000001", None),
        ("", "x", None),
    ],
)
def test_where_a_device_hangs(civil_code: str, device_id: str, home: str | None) -> None:
    assert home_of(civil_code, device_id, {"34", "3402", "340207"}) == home
