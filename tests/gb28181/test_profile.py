from tongshi.gb28181.profile import FIELDS, STANDARD, Profile
from tongshi.gb28181.version import Version


def test_every_field_names_the_row_it_answers() -> None:
    assert FIELDS
    for name, item in FIELDS.items():
        assert item.metadata["row"], name
        assert f"{name}:" in (Profile.__doc__ or "") or f"{name}," in (Profile.__doc__ or "")


def test_the_edition_is_the_peers_unless_overridden() -> None:
    assert STANDARD.speaks(Version.V2011) is Version.V2011
    assert Profile(version=Version.V2022).speaks(Version.V2011) is Version.V2022
