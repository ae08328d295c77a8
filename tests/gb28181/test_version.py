import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.version import Version, negotiate


@pytest.mark.clause("I")
@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("1.0", Version.V2011),
        ("1.1", Version.V2011A),
        ("2.0", Version.V2016),
        (" 3.0 ", Version.V2022),
        ("3.1", Version.V2022),
        ("9.0", Version.V2022),
        ("2.5", Version.V2016),
        ("0.9", Version.V2011),
        (None, Version.V2016),
        ("", Version.V2016),
        ("3", Version.V2016),
        ("three", Version.V2016),
    ],
)
def test_headers(header: str | None, version: Version) -> None:
    assert Version.parse(header) is version


@pytest.mark.parametrize("version", Version)
def test_parse_of_str_is_identity(version: Version) -> None:
    assert Version.parse(str(version)) is version


@pytest.mark.clause("I")
def test_the_older_edition_is_spoken() -> None:
    assert negotiate(Version.V2022, Version.V2016) is Version.V2016
    assert negotiate(Version.V2011, Version.V2022) is Version.V2011
    assert negotiate(Version.V2022, Version.V2022) is Version.V2022


@given(st.text(max_size=12))
def test_any_header_gives_a_version(header: str) -> None:
    assert Version.parse(header) in Version
