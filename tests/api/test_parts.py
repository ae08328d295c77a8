import dataclasses

import pytest

from tongshi.api.parts import Parts


def test_the_parts_are_handed_over_once(parts: Parts) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Parts.__setattr__(parts, "version", "2")
    assert set(parts.platform()) == {"id", "realm", "address"}
