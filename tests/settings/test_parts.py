from dataclasses import fields

from tongshi.settings import PARTS


def test_every_setting_has_help_and_a_default_within_its_bounds() -> None:
    for kind in PARTS.values():
        for item in fields(kind):
            assert item.metadata["help"].endswith("."), item.name
            low, high = item.metadata["low"], item.metadata["high"]
            default = item.default
            if isinstance(default, int | float):
                assert low is None or default >= low
                assert high is None or default <= high
            if item.metadata["choices"]:
                assert default in item.metadata["choices"]
